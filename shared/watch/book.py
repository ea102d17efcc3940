"""The alarm book: what is wrong now, what was wrong before, and which of it has been told.

An alarm stands from when it is raised until its reading is within the limit again. Several
processes watch the same service; the unique index lets exactly one of them raise it and one clear
it, so each is logged and told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from shared.database import durable, ensure
from shared.events.envelope import iso
from shared.ids import new_event_id
from shared.watch.alarms import RULE_OF, Alarm, Measure, Rule

CLAIM: Final = timedelta(seconds=30)
"""How long one process has to tell of an alarm before another one may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One alarm of the book. `cleared_at` is None while it stands."""

    id: str
    rule: Rule
    subject: str
    value: float
    since: datetime | None
    raised_at: datetime
    cleared_at: datetime | None


class AlarmBook:
    """The alarms of one service, in its database."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._alarms = durable(database["alarms"])

    def ensure_indexes(self) -> None:
        """Create what keeps an alarm from being raised twice, and what the pages ask for."""
        standing = {"stands": True}
        ensure(
            self._alarms,
            IndexModel([("key", ASCENDING)], unique=True, partialFilterExpression=standing),
            IndexModel([("raised_at", DESCENDING)]),
            IndexModel([("untold", ASCENDING)], partialFilterExpression={"untold": True}),
        )

    def note(self, alarms: Iterable[Alarm], now: datetime) -> tuple[list[Entry], list[Entry]]:
        """Write down what is wrong now. Returns what this process raised and what it cleared."""
        wrong = {alarm.key: alarm for alarm in alarms}
        raised = [each for alarm in wrong.values() if (each := self._raise(alarm, now))]
        gone = [each["key"] for each in self._alarms.find({"stands": True}, {"key": 1})]
        cleared = [each for key in gone if key not in wrong if (each := self._clear(key, now))]
        return raised, cleared

    def standing(self) -> list[Entry]:
        """Return what is wrong now, in the order of the rules."""
        order = list(RULE_OF)
        found = [_entry(each) for each in self._alarms.find({"stands": True})]
        return sorted(found, key=lambda each: (order.index(each.rule.measure), each.subject))

    def lately(self, most: int = 20) -> list[Entry]:
        """Return what was wrong and is no more, the newest first."""
        found = self._alarms.find({"stands": False}).sort("raised_at", DESCENDING).limit(most)
        return [_entry(each) for each in found]

    def next_untold(self, now: datetime) -> Entry | None:
        """Return an alarm of which nobody has been told yet, and keep it for the caller a while."""
        found = self._alarms.find_one_and_update(
            {"untold": True, "claimed_until": {"$lte": now}},
            {"$set": {"claimed_until": now + CLAIM}},
            sort=[("raised_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return _entry(found) if found else None

    def told(self, entry: Entry) -> None:
        """Note that somebody was told of an alarm as it stood in `entry`."""
        as_told = {"_id": entry.id, "cleared_at": entry.cleared_at}
        self._alarms.update_one(as_told, {"$set": {"untold": False}})

    def _raise(self, alarm: Alarm, now: datetime) -> Entry | None:
        reading = alarm.reading
        current = {"value": reading.value, "since": reading.since}
        if self._alarms.update_one(
            {"key": alarm.key, "stands": True}, {"$set": current}
        ).matched_count:
            return None
        fresh = {
            "_id": new_event_id(),
            "key": alarm.key,
            "measure": reading.measure.value,
            "subject": reading.subject,
            **current,
            "raised_at": now,
            "cleared_at": None,
            "stands": True,
            "untold": True,
            "claimed_until": now,
        }
        try:
            self._alarms.insert_one(fresh)
        except DuplicateKeyError:
            return None
        return _entry(fresh)

    def _clear(self, key: str, now: datetime) -> Entry | None:
        changed = {"stands": False, "cleared_at": now, "untold": True, "claimed_until": now}
        found = self._alarms.find_one_and_update(
            {"key": key, "stands": True},
            {"$set": changed},
            return_document=ReturnDocument.AFTER,
        )
        return _entry(found) if found else None


def alarm_as_json(entry: Entry) -> Mapping[str, Any]:
    """Return an alarm of the book, with what it means and what to do, for programs."""
    return {
        "id": entry.id,
        "alarm": entry.rule.measure.value,
        "subject": entry.subject,
        "value": entry.value,
        "unit": entry.rule.unit.value,
        "since": iso(entry.since) if entry.since else None,
        "raised_at": iso(entry.raised_at),
        "cleared_at": iso(entry.cleared_at) if entry.cleared_at else None,
        "title": entry.rule.title,
        "meaning": entry.rule.meaning,
        "remedy": entry.rule.remedy,
        "runbook": entry.rule.runbook,
    }


def _entry(found: Mapping[str, Any]) -> Entry:
    return Entry(
        id=found["_id"],
        rule=RULE_OF[Measure(found["measure"])],
        subject=found["subject"],
        value=found["value"],
        since=found["since"],
        raised_at=found["raised_at"],
        cleared_at=found["cleared_at"],
    )
