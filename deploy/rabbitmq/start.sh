# Starts a node of a cluster. What the nodes show each other has to be in a file of this user's own.
set -eu
umask 077
cookie=/var/lib/rabbitmq/.erlang.cookie
rm -f "$cookie"
printf '%s' "${RABBITMQ_COOKIE:?RABBITMQ_COOKIE is not set: see deploy/example.env}" >"$cookie"
unset RABBITMQ_COOKIE
exec rabbitmq-server
