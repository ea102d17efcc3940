#!/bin/sh
# Makes the three requirement locks anew from pyproject.toml: every version, with its hashes.
#
#   deploy/lock.sh             keeps the versions that still fit
#   deploy/lock.sh --upgrade   takes the newest that fit
set -eu
cd "$(dirname "$0")/.."
tools=build/lock-tools
[ -x "$tools/bin/uv" ] || { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet uv; }

compile() {
    out=$1
    shift
    "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header "$@" pyproject.toml -o "$out"
    echo "$out" >&2
}

compile requirements.txt "$@"
compile requirements-embedded.txt --extra embedded -c requirements.txt "$@"
compile requirements-dev.txt --extra embedded --extra dev -c requirements.txt "$@"
