"""The composition root: the only place where the parts of this service are put together."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from importlib import resources
from typing import Any

from flask import Flask

from services.referral import api
from services.referral.documents import DATABASE, ReferralDocument
from services.referral.domain.guidance import Guidance
from services.referral.domain.rebuilding import rebuild
from services.referral.domain.referral import Referral
from services.referral.handlers import received_at
from services.referral.pages import blueprint as pages
from services.referral.queries.desk import Desk
from services.referral.subscriptions import HEARS, REACTIONS
from shared.auth import Accounts
from shared.clock import Clock
from shared.database import connect
from shared.mongo_records import MongoRecords
from shared.practice import load_time_limits
from shared.service import Service
from shared.settings import Settings
from shared.store import Roots
from shared.version import VERSION
from shared.web import create_web

NAME = "referral"


def build(settings: Settings, clock: Clock) -> Service:
    """Wire the service. Opens nothing: the first query opens the store."""
    database = connect(DATABASE, settings)
    referrals = Roots(MongoRecords(ReferralDocument), Referral, source=f"/{NAME}", clock=clock)
    desk = Desk(
        referrals=referrals,
        clock=clock,
        limits=load_time_limits(settings.time_limits_file, settings.closures_file),
        guidance=read_guidance(),
        secret=settings.secret_key,
    )

    return Service(
        name=NAME,
        settings=settings,
        clock=clock,
        database=database,
        roots=referrals,
        web=lambda: web_of(desk, settings, ready=lambda: database.command("ping")),
        rebuild=partial(rebuild, received_at=partial(received_at, referrals=referrals)),
        hears=HEARS,
        reactions=REACTIONS,
    )


def web_of(desk: Desk, settings: Settings, *, ready: Callable[[], Any]) -> Flask:
    """Make the web application: the pages, the API and what they work with."""

    def readiness() -> list[str]:
        ready()
        return []

    accounts = Accounts.from_file(settings.accounts_file)
    app = create_web(
        NAME,
        settings,
        accounts=accounts,
        clock=desk.clock,
        blueprints=[pages],
        api_blueprints=[api.blueprint],
        readiness=readiness,
        version=VERSION,
    )
    app.extensions[NAME] = desk
    app.extensions[f"{NAME}_accounts"] = accounts
    return app


def read_guidance() -> tuple[Guidance, ...]:
    """Read the issues of the threshold guidance that came with this release."""
    file = resources.files("services.referral") / "data" / "guidance.json"
    return tuple(_issue(raw) for raw in json.loads(file.read_text(encoding="utf-8")))


def _issue(raw: dict[str, Any]) -> Guidance:
    return Guidance(
        version=raw["version"],
        in_force_from=date.fromisoformat(raw["in_force_from"]),
        title=raw["title"],
        levels=tuple(raw["levels"]),
    )
