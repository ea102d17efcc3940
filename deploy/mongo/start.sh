# Starts MongoDB as a replica set of one member, with sign-in. The key that members of a set show
# each other has to be in a file of this user's own.
set -eu
umask 077
printf '%s\n' "${MONGO_KEY:?MONGO_KEY is not set: run deploy/make-env.sh}" >/tmp/key
unset MONGO_KEY
exec mongod --replSet golden-thread --keyFile /tmp/key --bind_ip_all --dbpath /data/db \
    ${MONGO_CACHE_GB:+--wiredTigerCacheSizeGB "$MONGO_CACHE_GB"}
