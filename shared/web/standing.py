"""What every page of a service says of how it fares: alarms to its administrators, a delay to all.

Asked of the store only where a page shows it; while the store is away a page says nothing of it.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, current_app
from pymongo.errors import PyMongoError

from shared.auth import current_person
from shared.events.codes import Role
from shared.watch.alarms import Measure
from shared.watch.book import AlarmBook, Entry

if TYPE_CHECKING:
    from shared.plumbing import Plumbing

log = logging.getLogger(__name__)
BOOK: Final = "alarm-book"
"""Where an application keeps the alarm book of its service."""


def show_how_it_fares(app: Flask, plumbing: Plumbing) -> None:
    """Give every page the alarms that stand and since when the line is delayed."""
    app.extensions[BOOK] = plumbing.watch.book

    def alarms_for_administrators() -> list[Entry]:
        person = current_person()
        is_administrator = person is not None and Role.ADMINISTRATOR in person.roles
        return standing_alarms() if is_administrator else []

    def line_delayed_since() -> datetime | None:
        late = (each for each in standing_alarms() if each.rule.measure is Measure.UNPUBLISHED)
        return next((each.since for each in late), None)

    def names() -> dict[str, Any]:
        return {
            "alarms_for_administrators": alarms_for_administrators,
            "line_delayed_since": line_delayed_since,
        }

    app.context_processor(names)


def standing_alarms() -> list[Entry]:
    """Return the alarms of this service that stand; none where no watch is kept or known of."""
    book: AlarmBook | None = current_app.extensions.get(BOOK)
    try:
        return book.standing() if book else []
    except PyMongoError as fault:
        log.warning("alarms not shown", extra={"reason": type(fault).__name__})
        return []
