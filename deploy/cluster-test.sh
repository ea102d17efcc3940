#!/bin/sh
# Builds the images, starts everything three- and twofold (deploy/cluster), lets people work through
# the proxy, kills a broker node, the primary of the store, and a web and a worker of each service
# under them, then causes 60 faults by chance (CHAOS_FAULTS), real partitions among them, and lets
# the judge of tests/chaos say whether anything was lost, doubled or disordered.
#
#   deploy/cluster-test.sh          usual images where a registry answers, else deploy/airgapped
#   KEEP=1 deploy/cluster-test.sh   leaves it running, and says how to stop it
#   deploy/cluster-test.sh --seed 7 --clients 3     more is in tests/compose/failover.py
#
# Uses the Docker engine that answers; as root it starts one, and ends it again.
set -eu
cd "$(dirname "$0")/.."
. deploy/containers.sh
proved="nothing was lost while parts were killed, frozen and cut off"
compose_files="-f docker-compose.yml -f deploy/cluster/compose.yml"

prepare_containers
put MONGO_CACHE_GB 0.25
put LOG_LEVEL DEBUG
# The judge reads the feeds as the services do; through this door nobody else is let in meanwhile.
mkdir "$work/proxy"
cp deploy/proxy/unavailable.html "$work/proxy/"
grep -v '/feed/' deploy/proxy/nginx.conf >"$work/proxy/nginx.conf"
printf 'services: {proxy: {volumes: ["%s/proxy:/etc/proxy:ro"]}}\n' "$work" >"$work/judged.yml"
compose_files="$compose_files -f $work/judged.yml"
say "Starting: three of the store, three of the broker, two webs and two workers per service"
PYTHONPATH=. "$python" tests/compose/failover.py people "$work/server/services"
start_containers
REQUESTS_CA_BUNDLE="$work/server/tls/certificate.pem" PYTHONPATH=. \
    "$python" tests/compose/failover.py run "$address" "$project" "$work" "$@"
