#!/bin/sh
# Makes what this checkout runs in, so that a fresh machine needs Python and make and nothing else.
#
#   deploy/bootstrap.sh requirements-embedded.txt    a virtualenv (.venv) of exactly that lock
#   deploy/bootstrap.sh --system rabbitmq-server …   Debian packages the tests use, when root
#
# Safe to run again: what is already as the lock says is left alone.
set -eu
cd "$(dirname "$0")/.."
venv=${VENV:-.venv}

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
as_root_on_debian() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() {
    say "Installing $* with apt-get (this machine lacks it)"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && RUNLEVEL=1 apt-get -qq install -y --no-install-recommends "$@"; } \
        >"${TMPDIR:-/tmp}/golden-thread-apt.log" 2>&1 \
        || stop "apt-get could not install $*: see ${TMPDIR:-/tmp}/golden-thread-apt.log"
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.11 python3.12 python3.13 python3.14; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    stop "Python 3.11 or newer is needed. On Debian: apt-get install python3"
}

can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

make_venv() {
    python=$1
    if ! can_make_venv "$python" && as_root_on_debian; then
        apt_install python3-venv
    fi
    if can_make_venv "$python"; then
        "$python" -m venv "$venv"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --without-pip "$venv"   # the machine's own pip fills it
    else
        stop "Python here cannot make an environment. As root: apt-get install python3-venv"
    fi
}

pip_into_venv() {
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$venv/bin/python" -m pip --disable-pip-version-check "$@"
    else
        "$(find_python)" -m pip --disable-pip-version-check --python "$venv/bin/python" "$@"
    fi
}

# The stamp names the lock, the interpreter and the place: a moved or upgraded one is made anew.
stamp_of() { cat "$1" pyproject.toml | sha256sum | cut -d' ' -f1; }
is_installed() {
    [ -x "$venv/bin/mash" ] && [ -f "$venv/installed" ] \
        && grep -qxF "$1 $(stamp_of "$1") $(pwd -P)" "$venv/installed"
}

fill_venv() {
    lock=$1
    # The development lock holds everything the others hold, at the same versions.
    if is_installed "$lock" || is_installed requirements-dev.txt; then return; fi
    python=$(find_python)
    if [ -d "$venv" ] && ! new_enough "$venv/bin/python"; then
        say "The environment in $venv no longer works: making it anew"
        rm -rf "$venv"
    fi
    if [ ! -d "$venv" ]; then
        say "Making an environment in $venv with $("$python" --version)"
        make_venv "$python"
    fi
    say "Installing $(grep -c '^[a-z]' "$lock") packages as $lock names them (about a minute)"
    rm -f "$venv/installed"
    pip_into_venv install --quiet --require-hashes --only-binary :all: -r "$lock"
    pip_into_venv install --quiet --no-deps --no-build-isolation -e .
    printf '%s %s %s\n' "$lock" "$(stamp_of "$lock")" "$(pwd -P)" >"$venv/installed"
    say "The environment is ready"
}

system_packages() {
    for package in "$@"; do
        command -v "$package" >/dev/null || [ -x "/usr/sbin/$package" ] && continue
        if as_root_on_debian; then
            apt_install "$package"
        else
            say "$package is not on this machine. As root on Debian: apt-get install $package"
        fi
    done
}

case ${1:-} in
    --system) shift; system_packages "$@" ;;
    *.txt) fill_venv "$1" ;;
    *) stop "Usage: deploy/bootstrap.sh LOCK.txt | --system PACKAGE…" ;;
esac
