"""The composition root of audit: the only place where its parts are put together."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any, Final

from flask import Flask
from pymongo.database import Database
from pymongo.errors import PyMongoError

from services.audit.api import api
from services.audit.documents import (
    AnnouncementsDocument,
    CaseProjectionDocument,
    EntryDocument,
    MongoArchive,
)
from services.audit.domain.announcing import Announcements, rebuild
from services.audit.handlers.oversight import Oversight
from services.audit.handlers.promises import project_what_is_behind, sweep, watch
from services.audit.pages import pages
from services.audit.queries import Reading, unannounced
from services.audit.queries.copies import Copies
from services.audit.subscriptions import HEARS, hearing
from shared.auth import Accounts
from shared.clock import Clock
from shared.database import connect
from shared.messaging.feed import FeedClient
from shared.mongo_records import MongoRecords
from shared.practice import TimeLimits, load_time_limits
from shared.service import Job, Service
from shared.settings import Settings
from shared.store import Roots
from shared.version import VERSION
from shared.watch.alarms import Measure
from shared.web import create_web

NAME: Final = "audit"

WATCHDOG_EVERY: Final = timedelta(minutes=5)
UNREAD_EVERY: Final = timedelta(hours=1)
"""It looks at everything, as the comparison with the sources does once an hour."""


def build(settings: Settings, clock: Clock) -> Service:
    """Wire the service. Opens nothing."""
    database = connect(NAME, settings)
    feed = FeedClient(settings.feed_urls, settings.service_token)
    roots = Roots(
        MongoRecords(AnnouncementsDocument), Announcements, source=f"/{NAME}", clock=clock
    )
    limits = load_time_limits(settings.time_limits_file, settings.closures_file)
    oversight = Oversight(
        archive=MongoArchive(), announcements=roots, limits=limits, clock=clock, feed=feed
    )
    return Service(
        name=NAME,
        settings=settings,
        clock=clock,
        database=database,
        roots=roots,
        web=partial(web_app, settings, clock, database=database, limits=limits, feed=feed),
        rebuild=rebuild,
        make_again=partial(project_what_is_behind, oversight),
        keeper=Copies(oversight.archive),
        hears=HEARS,
        hearing=hearing(oversight),
        ensure_indexes=_ensure_indexes,
        jobs=_jobs(settings, oversight),
        readings=partial(unannounced, oversight.archive),
    )


def _jobs(settings: Settings, oversight: Oversight) -> tuple[Job, ...]:
    return (
        Job(name="sweep", every_seconds=settings.sweep_seconds, run=partial(sweep, oversight)),
        Job(
            name="watchdog",
            every_seconds=WATCHDOG_EVERY.total_seconds(),
            run=partial(watch, oversight),
            measure=Measure.MENDED,
        ),
        Job(
            name="unread",
            every_seconds=UNREAD_EVERY.total_seconds(),
            run=partial(project_what_is_behind, oversight),
        ),
    )


def web_app(
    settings: Settings,
    clock: Clock,
    *,
    database: Database[dict[str, Any]],
    limits: TimeLimits,
    feed: FeedClient,
) -> Flask:
    """Return the pages and the API."""
    accounts = Accounts.from_file(settings.accounts_file)

    def name_of(person_id: str) -> str:
        person = accounts.person(person_id)
        return person.name if person else person_id

    reading = Reading(archive=MongoArchive(), limits=limits, names=name_of, clock=clock, feed=feed)
    return create_web(
        NAME,
        settings,
        accounts=accounts,
        clock=clock,
        blueprints=[pages(reading)],
        api_blueprints=[api(reading)],
        readiness=partial(_readiness, database),
        version=VERSION,
    )


def _readiness(database: Database[dict[str, Any]]) -> list[str]:
    try:
        database.command("ping")
    except PyMongoError:
        return ["the store does not answer"]
    return []


def _ensure_indexes() -> None:
    EntryDocument.ensure_indexes()
    CaseProjectionDocument.ensure_indexes()
