#!/bin/sh
# Makes what compose needs, once: .env with random secrets, and the folder it calls CONFIGURATION.
#
#   deploy/make-env.sh [ENV_FILE [FOLDER]]     without arguments: .env and var/server
#
# What is there already is left alone. The folder gets the fictional people and teams of the
# demonstration, so that one can sign in, and a certificate signed by itself: put your own in.
set -eu
umask 077
root=$(cd "$(dirname "$0")/.." && pwd -P)
env_file=${1:-$root/.env}
folder=${2:-$root/var/server}
python=${PYTHON:-$root/.venv/bin/python}

say() { printf '%s\n' "$*" >&2; }
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

make_env_file() {
    [ -e "$env_file" ] && { say "$env_file is there already: left as it is"; return; }
    while IFS= read -r line; do
        case $line in
            CONFIGURATION=*) [ $# -gt 0 ] && line="CONFIGURATION=$1" ;;
            *=CHANGE-ME) line="${line%CHANGE-ME}$(random)" ;;
        esac
        printf '%s\n' "$line"
    done <"$root/deploy/example.env" >"$env_file"
    say "Wrote $env_file, with random secrets"
}

make_certificate() {
    [ -e "$1/certificate.pem" ] && return
    command -v openssl >/dev/null || { say "openssl is needed: apt-get install openssl"; exit 1; }
    openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout "$1/key.pem" -out "$1/certificate.pem" 2>/dev/null
    say "Made a certificate for localhost that nobody else has signed (90 days)"
}

make_people() {
    [ -e "$1/accounts.json" ] && return
    [ -x "$python" ] || { say "Run deploy/bootstrap.sh requirements-embedded.txt first"; exit 1; }
    (cd "$root" && PYTHONPATH=. "$python" deploy/demo_people.py "$1" "$folder/sign-ins.json")
    say "Made sign-ins for fictional people: $folder/sign-ins.json"
}

mkdir -p "$(dirname "$env_file")"
make_env_file ${2:+"$folder"}
mkdir -p "$folder/services" "$folder/tls"
make_certificate "$folder/tls"
make_people "$folder/services"
# The folder itself is closed to others on this machine; inside their containers the processes,
# which have users of their own, have to be able to read what is theirs.
chmod 755 "$folder/services" "$folder/tls"
chmod 644 "$folder"/services/*.json "$folder"/tls/*.pem
