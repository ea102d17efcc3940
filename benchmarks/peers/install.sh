#!/bin/sh
# Makes what `make bench` measures beside the product, each exactly as its lock says, in build/peers:
# never in the product's own environment.
#
#   benchmarks/peers/install.sh
#
# Safe to run again. What cannot be installed leaves its reason in build/peers/NAME.fault; the table
# then says so in place of a figure.
set -u
cd "$(dirname "$0")/../.."
peers=build/peers
mkdir -p "$peers"

lock_of() { echo "benchmarks/peers/requirements-$1.txt"; }
stamp_of() { cat "$(lock_of "$1")" | sha256sum | cut -d' ' -f1; }
is_installed() { [ -f "$peers/$1/installed" ] && [ "$(cat "$peers/$1/installed")" = "$(stamp_of "$1")" ]; }

fill() {
    name=$1
    shift
    if is_installed "$name"; then return; fi
    echo "Installing the peers in $(lock_of "$name") (about a minute)" >&2
    rm -rf "${peers:?}/$name" "$peers/$name.fault"
    if "$@" >"$peers/$name.log" 2>&1; then
        stamp_of "$name" >"$peers/$name/installed"
    else
        grep -E '^(ERROR|error)' "$peers/$name.log" | tail -1 >"$peers/$name.fault"
        echo "Not installed: $(cat "$peers/$name.fault"); all of it is in $peers/$name.log" >&2
    fi
}

# nameko and others come as source alone; every file is still checked against its hash.
environment() {
    .venv/bin/python -m venv "$peers/$1" \
        && "$peers/$1/bin/pip" --disable-pip-version-check install --quiet --require-hashes \
            -r "$(lock_of "$1")"
}

# The web servers serve the product itself: a folder on the path of its own interpreter.
folder() {
    .venv/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes \
        --only-binary :all: --target "$peers/$1" -r "$(lock_of "$1")"
}

fill frameworks environment frameworks
fill nameko environment nameko
fill servers folder servers
