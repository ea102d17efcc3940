#!/bin/sh
# Makes the requirement locks anew, every version with its hashes: three from pyproject.toml, and
# those of what `make bench` measures beside the product.
#
#   deploy/lock.sh             keeps the versions that still fit
#   deploy/lock.sh --upgrade   takes the newest that fit
set -eu
cd "$(dirname "$0")/.."
tools=build/lock-tools
[ -x "$tools/bin/uv" ] || { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet uv; }

compile() {
    from=$1
    out=$2
    shift 2
    "$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-header "$@" "$from" -o "$out"
    echo "$out" >&2
}

compile pyproject.toml requirements.txt "$@"
compile pyproject.toml requirements-embedded.txt --extra embedded -c requirements.txt "$@"
compile pyproject.toml requirements-dev.txt --extra embedded --extra dev -c requirements.txt "$@"

peers=benchmarks/peers
for name in frameworks nameko servers; do
    compile "$peers/$name.in" "$peers/requirements-$name.txt" "$@"
done
