"""How a service runs: `python -m services.<name> web | work | indexes`."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import FrameType
from typing import Final

from flask import Flask
from pymongo.errors import ConnectionFailure

from shared import faults, logs
from shared.clock import Clock, DemoClock, SystemClock
from shared.database import unfit_for_a_server
from shared.messaging.consumer import Consumer
from shared.messaging.copies import waiting_in_queue
from shared.messaging.topology import declare
from shared.plumbing import Plumbing, plumb
from shared.practice import TimeLimits, load_time_limits
from shared.restored import Phase
from shared.service import Job, Service
from shared.serving import serve as serve_web
from shared.settings import BadSettings, Settings
from shared.watch.alarms import Measure
from shared.watch.heartbeats import Pulse
from shared.watch.watcher import EVERY_SECONDS
from shared.web.plumbing import add_plumbing
from shared.working_days import london_day

log = logging.getLogger(__name__)

Build = Callable[[Settings, Clock], Service]
ROLES: Final = ("web", "work", "indexes")
THREADS: Final = 8
MEND_EVERY: Final = 15.0
"""Seconds between looks at what the service needs at the broker."""
HEAL_EVERY: Final = 1.0
IDLE_TIMES: Final = 2
NEW_OBJECTS: Final = 20_000
"""New objects between two looks of the garbage collector at the young ones: those of some hundred
events. Python's 700 are those of three."""
STOPPED_WITHIN: Final = 8.0
"""Seconds: what has not ended by then is cut off, as a kill would, and loses nothing."""


def main(name: str, build: Build) -> None:
    """Run one role of a service until it is told to stop. Exits 2 when the settings are bad."""
    role = " ".join(sys.argv[1:])
    if role not in ROLES:
        sys.exit(f"usage: python -m services.{name} {' | '.join(ROLES)}")
    try:
        settings = Settings.from_env()
    except BadSettings as fault:
        sys.exit(str(fault))
    logs.set_up(name, role, settings.log_level)
    if settings.crash_at:
        faults.arm(settings.crash_at)
    clock = clock_of(settings)
    warn_of_unknown_holidays(load_time_limits(settings.time_limits_file), clock.now())
    plumbing = plumb(build(replace(settings, begins_again=role == "work"), clock))
    settle_memory()
    {"web": serve, "work": work, "indexes": prepare}[role](plumbing)


def settle_memory() -> None:
    """Have the garbage collector pass over what the process is made of: it stays until the end.

    A round over it takes 60 milliseconds in which no event is heard and no page is answered, and
    every batch makes enough objects for one now and then.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


def clock_of(settings: Settings) -> Clock:
    """Return the clock the settings ask for."""
    if settings.demo_clock_file:
        return DemoClock(settings.demo_clock_file)
    return SystemClock()


def warn_of_unknown_holidays(limits: TimeLimits, at: datetime) -> None:
    """Say in the log when due times of the next twelve months could miss a bank holiday."""
    calendar = limits.bank_holidays_only
    if not calendar.knows_a_year_after(london_day(at)):
        log.warning(
            "bank holidays are not known for the next twelve months: install a newer release",
            extra={"known_to_year": calendar.last_known_year},
        )


def prepare(plumbing: Plumbing) -> None:
    """Create the indexes in the store and the queues at the broker; idempotent."""
    plumbing.ensure_indexes()
    service = plumbing.service
    declare(service.settings.amqp_url, service.name, service.hears)
    refuse_an_unfit_store(service)
    log.info("indexes and queues are there")


def refuse_an_unfit_store(service: Service) -> None:
    """In server mode, exit naming every fault of a store that real work must not rest on.

    A store that is away is not refused: pages say so until it is back, and the service's worker,
    which cannot begin without it, looks then. The embedded mode is free to use any.
    """
    if service.settings.embedded:
        return
    try:
        unfit = unfit_for_a_server(service.name, service.database)
    except ConnectionFailure as fault:
        log.warning("store away; not looked at", extra={"error": type(fault).__name__})
        return
    if unfit:
        sys.exit("The store is not fit for a server:\n" + "\n".join(f"  - {it}" for it in unfit))


def web_app(plumbing: Plumbing) -> Flask:
    """Return the web application of a service, its relay running in a thread of its own."""
    app = plumbing.service.web()
    add_plumbing(app, plumbing)
    plumbing.count_commands()
    threading.Thread(target=plumbing.relay.run, name="relay", daemon=True).start()
    watch = partial(_repeat, _watch(plumbing), threading.Event(), plumbing.watch.pulse)
    threading.Thread(target=watch, name="watch", daemon=True).start()
    return app


def serve(plumbing: Plumbing) -> None:
    """Serve the pages and the API, and publish what they write at once."""
    settings = plumbing.service.settings
    refuse_an_unfit_store(plumbing.service)
    app = web_app(plumbing)
    settle_memory()
    log.info("serving")
    serve_web(app, host=settings.bind_host, port=settings.port, threads=THREADS)


def work(plumbing: Plumbing) -> None:
    """Hear events, publish what is left, compare heads, run the jobs; until told to stop.

    A part that ends by itself ends the process: the supervisor starts a fresh one.
    """
    plumbing.ensure_indexes()
    service = plumbing.service
    refuse_an_unfit_store(service)
    consumer = Consumer(service.settings.amqp_url, service.name, plumbing.listener)
    over = threading.Event()
    pulse = plumbing.watch.pulse
    pulse.role = "work"

    def stop(_: int, __: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    parts: dict[str, Callable[[], None]] = {"relay": plumbing.relay.run}
    if service.hears:
        parts["consumer"] = consumer.run_until_stopped
        pulse.watch("consumer", lambda: consumer.last_alive, every_seconds=1)
    threads = []
    complete = plumbing.copies.are_complete
    if service.keeper and plumbing.mark.phase() is not Phase.OPEN:
        complete = _once_heard(plumbing, consumer)
        threads.append(_start("consumer", parts.pop("consumer"), over))
    open_when_healed(plumbing, over, complete)
    for job in (*_jobs(plumbing), _watch(plumbing)):
        parts[job.name] = partial(_repeat, job, over, pulse)
    threads += [_start(part, run, over) for part, run in parts.items()]
    log.info("working", extra={"parts": sorted(parts)})
    over.wait()
    consumer.stop()
    plumbing.relay.stop()
    deadline = time.monotonic() + STOPPED_WITHIN
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))


def _once_heard(plumbing: Plumbing, consumer: Consumer) -> Callable[[], bool]:
    """Return whether the keeper of the copies has heard what waited for it when it was started.

    Keeping an event causes none, so it hears while it is closed; of its own words, what waits in
    its queue may be the only copies.
    """
    service = plumbing.service
    waiting = waiting_in_queue(service.settings.amqp_url, service.name)
    return plumbing.copies.are_complete if waiting is None else lambda: consumer.taken >= waiting


def open_when_healed(
    plumbing: Plumbing, over: threading.Event, complete: Callable[[], bool]
) -> None:
    """Return when the service is open; one that was restored heals first, however long it takes.

    The copies are found complete twice: what the keeper is handling at a moment waits nowhere.
    """
    idle = 0
    while not over.is_set() and plumbing.mark.phase() is not Phase.OPEN:
        try:
            filled = plumbing.mark.phase() is Phase.UNHEALED
            idle = idle + 1 if filled and complete() else 0
            if idle >= IDLE_TIMES:
                plumbing.heal()
                return
        except Exception as fault:  # whoever must be asked is asked again
            log.warning("not healed yet", extra={"reason": type(fault).__name__})
            idle = 0
        over.wait(HEAL_EVERY)


def _jobs(plumbing: Plumbing) -> list[Job]:
    service, settings = plumbing.service, plumbing.service.settings
    jobs = list(service.jobs)
    if service.hears:
        jobs.append(Job(name="held", every_seconds=1, run=plumbing.listener.try_again_what_is_due))
        jobs.append(
            Job(
                name="topology",
                every_seconds=MEND_EVERY,
                run=plumbing.mend_topology,
                measure=Measure.TOPOLOGY_MISSING,
            )
        )
        jobs.append(
            Job(
                name="catch-up",
                every_seconds=settings.catch_up_seconds,
                run=plumbing.compare_heads,
            )
        )
        look = plumbing.watch.abreast.look
        jobs.append(Job(name="abreast", every_seconds=EVERY_SECONDS, run=look))
    return jobs


def _watch(plumbing: Plumbing) -> Job:
    return Job(name="watch", every_seconds=EVERY_SECONDS, run=plumbing.watch.watcher.look)


def _repeat(job: Job, over: threading.Event, pulse: Pulse) -> None:
    while not over.is_set():
        try:
            found = job.run()
            if job.measure:
                pulse.found[job.measure.value] = found
            pulse.beat(job.name, every_seconds=job.every_seconds)
        except Exception:
            log.exception("job failed; it runs again", extra={"job": job.name})
        over.wait(job.every_seconds)


def _start(name: str, run: Callable[[], None], over: threading.Event) -> threading.Thread:
    def watched() -> None:
        try:
            run()
        except Exception:
            log.exception("part failed", extra={"part": name})
        over.set()

    thread = threading.Thread(target=watched, name=name, daemon=True)
    thread.start()
    return thread
