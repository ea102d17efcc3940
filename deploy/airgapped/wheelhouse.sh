#!/bin/sh
# Fills build/wheels with what requirements.txt names, so that an image is built without an index.
set -eu
cd "$(dirname "$0")/../.."
into=build/wheels
stamp=$(sha256sum requirements.txt | cut -d' ' -f1)
[ "$(cat "$into/lock" 2>/dev/null)" = "$stamp" ] && exit 0
. deploy/airgapped/python.sh
echo "Fetching $(grep -c '^[a-z]' requirements.txt) packages into $into" >&2
rm -rf "$into"
mkdir -p "$into"
"$python" -m pip --disable-pip-version-check download -qq --no-deps --require-hashes \
    --only-binary :all: --python-version 3.11 -r requirements.txt -d "$into"
echo "$stamp" >"$into/lock"
