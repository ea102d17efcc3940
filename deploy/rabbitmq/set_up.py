"""Makes the virtual host and one user per service, allowed what its own queues need.

What each may do is in permissions.json beside this file. Safe to run again: a changed password
in .env is set, and whoever is no longer named loses their permissions.
"""

# ruff: noqa: T201, TID251
# A program of its own beside the services: prints for its container's log, reads compose's
# passwords, waits for a server that is starting.

import json
import os
import time
from pathlib import Path

import requests

ADDRESS = "http://rabbitmq:15672/api"
ADMINISTRATOR = os.environ.get("RABBITMQ_ADMIN_USER", "administrator")
DEADLINE_SECONDS = 120


def main() -> None:
    wanted = json.loads(Path(__file__).with_name("permissions.json").read_text(encoding="utf-8"))
    wait_until_it_answers(nodes=int(os.environ.get("RABBITMQ_NODES", "1")))
    vhost = wanted["vhost"]
    put(f"vhosts/{vhost}", {})
    put(f"permissions/{vhost}/{ADMINISTRATOR}", {"configure": ".*", "write": ".*", "read": ".*"})
    for service, may in wanted["services"].items():
        password = os.environ[f"RABBITMQ_{service.upper()}_PASSWORD"]
        put(f"users/{service}", {"password": password, "tags": ""})
        put(f"permissions/{vhost}/{service}", may["queues"])
        put(f"topic-permissions/{vhost}/{service}", may["events"])
    take_from_others(vhost, {ADMINISTRATOR, *wanted["services"]})
    print("The virtual host and its users are there")


def take_from_others(vhost: str, named: set[str]) -> None:
    for each in ask("GET", f"vhosts/{vhost}/permissions").json():
        if each["user"] not in named:
            ask("DELETE", f"permissions/{vhost}/{each['user']}")


def put(path: str, body: object) -> None:
    ask("PUT", path, body)


def ask(method: str, path: str, body: object = None) -> requests.Response:
    sign_in = (ADMINISTRATOR, os.environ["RABBITMQ_ADMIN_PASSWORD"])
    answer = requests.request(method, f"{ADDRESS}/{path}", json=body, auth=sign_in, timeout=10)
    if answer.status_code == requests.codes.unauthorized:
        raise SystemExit(
            "RABBITMQ_ADMIN_PASSWORD is not the one this broker was first started with"
        )
    answer.raise_for_status()
    return answer


def wait_until_it_answers(*, nodes: int) -> None:
    """Return when so many nodes of the broker have found each other."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            if sum(each["running"] for each in ask("GET", "nodes").json()) >= nodes:
                return
        except requests.RequestException:
            pass
        time.sleep(1)
    raise SystemExit(f"Gave up waiting for {nodes} of RabbitMQ's nodes: see their logs")


if __name__ == "__main__":
    main()
