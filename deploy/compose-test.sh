#!/bin/sh
# Builds the images, starts everything under compose with secrets of its own, sends one referral from
# form to visit through the proxy, verifies the audit, then stops and removes what it started.
#
#   deploy/compose-test.sh          usual images where a registry answers, else deploy/airgapped
#   KEEP=1 deploy/compose-test.sh   leaves it running, and says how to stop it
#
# Uses the Docker engine that answers; as root it starts one, and ends it again.
set -eu
cd "$(dirname "$0")/.."
. deploy/containers.sh
proved="one referral went from form to visit, and the audit verifies"

prepare_containers
put MONGO_CACHE_GB 0.5
say "Starting: store, broker, users, indexes and queues, then a web and a worker per service"
start_containers
REQUESTS_CA_BUNDLE="$work/server/tls/certificate.pem" PYTHONPATH=. \
    "$python" tests/compose/journey.py "$address" "$work/server/sign-ins.json"
say "Trying with audit's accounts what they must not be able to do"
compose run --rm --no-deps -T --entrypoint python audit-indexes - <tests/compose/rights.py \
    2>"$work/rights.log" || { cat "$work/rights.log"; exit 1; }
