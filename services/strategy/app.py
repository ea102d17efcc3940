"""The composition root: the only place where the parts of this service are put together."""

from __future__ import annotations

from functools import partial

from flask import Flask

from services.strategy import api
from services.strategy.documents import DATABASE, CaseDocument, MongoSlots, SlotDocument
from services.strategy.domain.case import Case
from services.strategy.domain.rebuilding import rebuild
from services.strategy.handlers.desk import Desk
from services.strategy.handlers.leads import (
    escalate_unacknowledged,
    reserve_what_is_led,
    tidy_reservations,
)
from services.strategy.pages import blueprint as pages
from services.strategy.queries import cases
from services.strategy.queries.directory import DirectoryFile
from services.strategy.queries.loads import load_for
from services.strategy.queries.office import Office
from services.strategy.subscriptions import HEARS, SUBSCRIPTIONS
from shared.auth import Accounts
from shared.clock import Clock
from shared.database import connect
from shared.mongo_records import MongoRecords
from shared.practice import load_time_limits
from shared.rebuilt import Rebuilt, Told
from shared.service import Job, Service
from shared.settings import Settings
from shared.store import Roots
from shared.version import VERSION
from shared.web import create_web

NAME = "strategy"
ESCALATE_EVERY = 5.0
TIDY_EVERY = 60.0


def build(settings: Settings, clock: Clock) -> Service:
    """Wire the service. Reads the directory file; opens nothing else."""
    database = connect(DATABASE, settings)
    roots = Roots(MongoRecords(CaseDocument), Case, source=f"/{NAME}", clock=clock)
    slots, directory = MongoSlots(), DirectoryFile(settings.directory_file)
    limits = load_time_limits(settings.time_limits_file, settings.closures_file)
    desk = Desk(
        cases=roots,
        slots=slots,
        directory=directory.current,
        load=partial(load_for, slots=slots),
        earlier=cases.earlier_cases,
    )
    office = Office(directory_file=directory, limits=limits, clock=clock)

    def readiness() -> list[str]:
        database.command("ping")
        directory.current()
        return [f"team directory: {fault}" for fault in directory.faults]

    def web() -> Flask:
        accounts = Accounts.from_file(settings.accounts_file)
        app = create_web(
            NAME,
            settings,
            accounts=accounts,
            clock=clock,
            blueprints=[pages],
            api_blueprints=[api.blueprint],
            readiness=readiness,
            version=VERSION,
        )
        app.extensions |= {
            "strategy.desk": desk,
            "strategy.office": office,
            "strategy.accounts": accounts,
        }
        return app

    return Service(
        name=NAME,
        settings=settings,
        clock=clock,
        database=database,
        roots=roots,
        web=web,
        rebuild=partial(_rebuild, directory),
        hears=HEARS,
        reactions=SUBSCRIPTIONS,
        ensure_indexes=_ensure_indexes,
        jobs=(
            Job(
                name="escalate",
                every_seconds=ESCALATE_EVERY,
                run=partial(_escalate, desk, clock),
            ),
            Job(
                name="tidy-slots",
                every_seconds=TIDY_EVERY,
                run=partial(_tidy, desk),
            ),
        ),
    )


def _rebuild(directory: DirectoryFile, case: Case | None, told: tuple[Told, ...]) -> Rebuilt[Case]:
    return rebuild(case, told, meeting_minutes=directory.current().meeting_minutes)


def _escalate(desk: Desk, clock: Clock) -> None:
    for ref in cases.unacknowledged(clock.now()):
        escalate_unacknowledged(ref, desk=desk)


def _tidy(desk: Desk) -> None:
    tidy_reservations(desk=desk)
    for ref in cases.with_open_meeting():
        reserve_what_is_led(ref, desk=desk)


def _ensure_indexes() -> None:
    SlotDocument.ensure_indexes()
