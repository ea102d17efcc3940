"""Back-ups of a running system of a test, as somebody at a keyboard takes and restores them."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pika

from tests.support.doors import Caller
from tests.support.processes import ROOT
from tests.support.system import SERVICES, System


def mash(system: System, *words: str) -> str:
    """Run the command line against the system's database. Fails if it does."""
    where = ("--mongo-url", system.mongo.url, "--data", str(system.folder / "operator"))
    done = subprocess.run(
        [sys.executable, "-m", "shared.mash.cli", *words, *where],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def back_up(system: System, to: Path) -> Path:
    """Take a back-up while the system runs."""
    mash(system, "backup", str(to))
    return to


def bring_back(system: System, source: Path, *services: str) -> None:
    """Restore services over what they hold, while they are down; they heal when they start."""
    chosen = [word for service in services for word in ("--service", service)]
    with system.without(*services):
        mash(system, "restore", str(source), "--replace", *chosen)
    system.wait_until_ready()


def bring_back_everything(system: System, source: Path) -> None:
    """Restore all services into empty databases, with a broker that holds nothing."""
    with system.without(*SERVICES):
        for service in SERVICES:
            with system.database(service) as database:
                database.client.drop_database(database.name)
        empty_the_broker(system)
        mash(system, "restore", str(source))
    system.wait_until_ready()


def empty_the_broker(system: System) -> None:
    """Take every message out of every queue, as a broker made anew holds none."""
    with closing(pika.BlockingConnection(pika.URLParameters(system.rabbit.url))) as connection:
        channel = connection.channel()
        for service in SERVICES:
            for queue in (f"{service}.events", f"{service}.parked"):
                try:
                    channel.queue_purge(queue)
                except pika.exceptions.ChannelClosedByBroker:  # a service that hears nothing
                    channel = connection.channel()


def healing_of(system: System, service: str) -> dict[str, Any]:
    """Return what a service tells of its last restore."""
    told: dict[str, Any] = Caller(system, "officer-demo").json(f"/{service}/api/healing")
    return told


def verdict(system: System) -> dict[str, Any]:
    """Return what `mash verify` is told."""
    told: dict[str, Any] = Caller(system, "officer-demo").json("/audit/api/verify")
    return told
