# Read by the scripts that start the system in containers, prove something and remove it again.
# They set `proved` (what a pass says) and perhaps `compose_files`; dash-compatible.
project=golden-thread-test-$$
release=test-$$
python=${PYTHON:-.venv/bin/python}
work=$(mktemp -d "${TMPDIR:-/tmp}/golden-thread-compose.XXXXXX")
began=$(date +%s)
engine=
up=
compose_files=

say() { printf '[%3ds] %s\n' "$(($(date +%s) - began))" "$*"; }
stop() { say "$*"; exit 1; }
compose() { $compose_command --env-file "$work/env" -p "$project" $compose_files "$@"; }

tidy() {
    code=$?
    trap - EXIT INT TERM
    if [ "$code" != 0 ] && [ -n "$up" ]; then
        say "It failed. What each process said last:"
        compose ps || true
        compose logs --no-color --tail 40 2>&1 | cut -c1-300 || true
    fi
    if [ -n "${KEEP:-}" ] && [ -n "$up" ]; then
        say "Left running. To stop it: $compose_command --env-file $work/env -p $project $compose_files down -v"
        exit "$code"
    fi
    [ -z "$up" ] || remove_everything
    [ -z "$engine" ] || { kill "$engine" && wait "$engine" || true; } 2>/dev/null
    rm -rf "$work"
    [ "$code" = 0 ] && say "Passed: $proved"
    exit "$code"
}

remove_everything() {
    say "Stopping and removing what was started"
    compose down --volumes --remove-orphans --timeout 20 >"$work/down.log" 2>&1 \
        || cat "$work/down.log"
    for service in referral strategy audit; do
        docker image rm "golden-thread/$service:$release" >/dev/null 2>&1 || true
    done
}

find_tools() {
    missing=
    command -v docker >/dev/null || missing="docker.io docker-compose"
    command -v openssl >/dev/null || missing="$missing openssl"
    if [ -n "$missing" ]; then
        [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null \
            || stop "Docker, compose and openssl are needed: install$missing"
        install $missing
    fi
    if docker compose version >/dev/null 2>&1; then
        compose_command="docker compose"
    elif command -v docker-compose >/dev/null; then
        compose_command=docker-compose
    else
        stop "Compose is needed: install docker-compose or Docker's compose plug-in"
    fi
}

install() {
    say "Installing $* with apt-get"
    DEBIAN_FRONTEND=noninteractive apt-get -qq update
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y --no-install-recommends "$@" \
        >"$work/apt.log" 2>&1 || { tail -20 "$work/apt.log"; stop "apt-get could not install $*"; }
}

answers_within() {
    left=$1
    until docker info >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] && kill -0 "$engine" 2>/dev/null || return 1
        sleep 1
    done
}

need_engine() {
    docker info >/dev/null 2>&1 && { say "Using the Docker engine that answers"; return; }
    [ "$(id -u)" = 0 ] || stop "No Docker engine answers. Start one, or run this as root"
    for options in "" "--storage-driver=vfs"; do
        say "Starting dockerd $options"
        dockerd $options >"$work/dockerd.log" 2>&1 &
        engine=$!
        answers_within 60 && return
        kill "$engine" 2>/dev/null || true
    done
    tail -20 "$work/dockerd.log"
    engine=
    stop "dockerd does not start here"
}

setting() { sed -n "s/^$1=//p" "$work/env"; }
put() {
    sed "s|^$1=.*|$1=$2|" "$work/env" >"$work/env.new"
    mv "$work/env.new" "$work/env"
}

# The usual images if this machine has them or a registry gives them; otherwise our own.
choose_images() {
    for name in PYTHON_IMAGE MONGO_IMAGE RABBITMQ_IMAGE PROXY_IMAGE; do
        image=$(setting $name)
        docker image inspect "$image" >/dev/null 2>&1 && continue
        say "Pulling $image"
        timeout 600 docker pull --quiet "$image" >"$work/pull.log" 2>&1 && continue
        say "No registry gives $image ($(tail -1 "$work/pull.log" | cut -c1-80))"
        use_airgapped
        return
    done
    # A wheelhouse of an older lock would be taken for the new one.
    [ "$(cat build/wheels/lock 2>/dev/null)" = "$(sha256sum requirements.txt | cut -d' ' -f1)" ] \
        || rm -rf build/wheels
}

use_airgapped() {
    say "Making base images from this machine's own packages (deploy/airgapped)"
    command -v debootstrap >/dev/null || [ "$(id -u)" != 0 ] || install debootstrap
    deploy/airgapped/build-images.sh >"$work/images.env"
    while IFS='=' read -r name value; do put "$name" "$value"; done <"$work/images.env"
    deploy/airgapped/wheelhouse.sh
}

free_port() {
    "$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Finds an engine and images, writes secrets and configuration into $work, builds the services.
prepare_containers() {
    trap tidy EXIT
    trap 'exit 130' INT TERM
    find_tools
    need_engine
    deploy/make-env.sh "$work/env" "$work/server" 2>/dev/null
    choose_images
    put RELEASE "$release"
    put HTTPS_PORT "$(free_port)"
    put CATCH_UP_SECONDS 5
    # The engine gives no more than it has; the one that is started here has what this shell has.
    most=$(ulimit -Hn)
    [ "$most" = unlimited ] || [ "$most" -ge 65536 ] || put OPEN_FILES "$most"
    address=https://localhost:$(setting HTTPS_PORT)
    say "Building the services' images"
    up=yes
    compose build >"$work/build.log" 2>&1 \
        || { tail -30 "$work/build.log"; stop "An image does not build"; }
}

start_containers() {
    compose up -d >"$work/up.log" 2>&1 || { tail -30 "$work/up.log"; stop "It does not start"; }
    say "Everything is started; the address is $address"
}
