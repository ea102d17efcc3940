"""Stores of a whole hub's work, of different sizes: what growth is measured on.

Each has a mongod of its own. Most of its cases are closed; how many wait is the same at every size,
as it is at a hub. Documents and events are those of the product, copied with references of their
own and sealed anew, so that every chain of every store can be verified.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import bson
import pymongo
from bson.raw_bson import RawBSONDocument

from benchmarks.decisions import command_for
from benchmarks.made import Lines, Wire, case_of, child_of, envelopes
from benchmarks.parts import Bench, replica_set_of_one
from services.audit.app import build as build_audit
from services.audit.documents import (
    CaseProjectionDocument,
    EntryDocument,
    copies_of,
)
from services.audit.domain.projection import project
from services.referral.app import build as build_referral
from services.referral.documents import ReferralDocument
from services.referral.domain import feedback, referral, threshold
from services.referral.domain.commands import InformReferrer, ReceiveReferral
from services.referral.domain.referral import Child, Referral
from services.referral.schemas import ReferralIn
from services.strategy.app import build as build_strategy
from services.strategy.documents import CaseDocument
from services.strategy.domain.visits import record_seen
from shared.clock import SystemClock
from shared.database import collection_of
from shared.events.codes import Door, InformedBy
from shared.plumbing import Plumbing, plumb
from shared.practice import load_time_limits
from shared.settings import Settings
from shared.states import to_stored
from tests.builders import a_referral
from tests.unit.audit.lines import BLUE, CASE, GREEN, in_london
from tests.unit.strategy.world import NOW, WORKER, a_case, a_directory, a_seen, allocated

CLOSED, DECIDED, RECEIVED = 8, 3, 1
"""How many events of its line a case has: all, up to the opening of the case, or its first."""
WAITING: Final = 50
"""Referrals that wait for a decision, and cases that wait for a meeting."""
AT_ONCE: Final = 250
KEY: Final = "KEY-0000000000"
MONDAY: Final = in_london("2026-11-23T09:10")
STATES: Final = {"referral": ReferralDocument, "strategy": CaseDocument}
BUILDS: Final = {
    "referral": build_referral,
    "strategy": build_strategy,
    "audit": build_audit,
}


@dataclass(slots=True, kw_only=True)
class Level:
    """One store that holds so many events."""

    events: int
    settings: Settings
    lines: Lines = field(default_factory=Lines)
    closed: int = 0
    asked: int = 0
    """How often it was measured."""

    @property
    def name(self) -> str:
        """The size in words."""
        return f"{self.events:,} events"

    def enter(self) -> dict[str, Plumbing]:
        """Let the services of this process work on this store; return them."""
        return {name: plumb(build(self.settings, SystemClock())) for name, build in BUILDS.items()}


@contextmanager
def level(bench: Bench, events: int) -> Iterator[Level]:
    """Run a mongod of its own and fill it."""
    with replica_set_of_one(bench.folder, f"growth-{events}") as url:
        made = Level(events=events, settings=bench.settings(MONGO_URL=url))
        for plumbing in made.enter().values():
            plumbing.ensure_indexes()
        _fill(made)
        yield made


def _fill(level: Level) -> None:
    waiting = WAITING * (RECEIVED + DECIDED)
    level.closed = max(0, (level.events - waiting) // CLOSED)
    put(level, [level.lines.one() for _ in range(WAITING)], upto=RECEIVED)
    put(level, [level.lines.one() for _ in range(WAITING)], upto=DECIDED)
    for start in range(0, level.closed, AT_ONCE):
        batch = [level.lines.one() for _ in range(min(AT_ONCE, level.closed - start))]
        put(level, batch, upto=CLOSED)


def a_closed_case(level: Level, place: int) -> str:
    """Return the reference of one of the closed cases, by its place among them."""
    return case_of(2 * WAITING + 1 + place % level.closed)


def put(level: Level, lines: Sequence[Sequence[Wire]], *, upto: int, states: int = 0) -> None:
    """Store the beginning of lines in all three services, as they would stand.

    `states`: as if the line had so many events, where a case is not to wait.
    """
    parts = [line[:upto] for line in lines]
    templates = _templates()
    for service, document in STATES.items():
        rows = [
            row
            for part in parts
            if (row := _root(service, part, templates[service][states or upto]))
        ]
        _insert(document, rows)
    _insert(EntryDocument, (_entry(wire) for part in parts for wire in part))
    projection = templates["audit"][upto]
    _insert(CaseProjectionDocument, [_renamed(projection, part[0]["subject"]) for part in parts])


def _insert(document: Any, rows: Iterable[dict[str, Any] | RawBSONDocument]) -> None:
    # Only filling: what is measured afterwards writes as the product does.
    hurried = collection_of(document).with_options(write_concern=pymongo.WriteConcern(1, j=False))
    if made := list(rows):
        hurried.insert_many(made, ordered=False)


def _entry(wire: Wire) -> dict[str, Any]:
    (event,) = envelopes([wire])
    return {"_id": event.key, "event": wire, **copies_of(event)}


def _root(service: str, part: Sequence[Wire], state: bytes) -> dict[str, Any] | None:
    events = [wire for wire in part if wire["source"] == f"/{service}"]
    if not events:
        return None
    ref = events[0]["subject"]
    received = MONDAY - timedelta(minutes=_number(ref))
    heard = {f"referral:{ref}": 2} if service == "strategy" else {}
    return {
        "_id": ref,
        "version": len(events),
        "published": len(events),
        "changed_at": received,
        "heard": heard,
        "events": events,
        "state": _renamed(state, ref, received),
    }


def _renamed(template: bytes, ref: str, received: datetime = MONDAY) -> RawBSONDocument:
    """Return a copy with references and a time of its own, as long as those they replace."""
    number = _number(ref)
    copied = template.replace(CASE.encode(), ref.encode())
    copied = copied.replace(BLUE.encode(), child_of("B", number).encode())
    copied = copied.replace(GREEN.encode(), child_of("G", number).encode())
    copied = copied.replace(KEY.encode(), f"KEY-{number:010d}".encode())
    return RawBSONDocument(copied.replace(_as_stored(MONDAY), _as_stored(received)))


def _number(ref: str) -> int:
    return int(ref.removeprefix("MASH-").replace("-", ""))


def _as_stored(at: datetime) -> bytes:
    return bson.encode({"": at})[6:14]


_made: dict[str, dict[int, bytes]] = {}


def _templates() -> Mapping[str, Mapping[int, bytes]]:
    """Return, by service and by events of the line, how a case stands there, as stored."""
    if not _made:
        _made.update(referral=_referrals(), strategy=_cases(), audit=_projections())
    return _made


def _referrals() -> dict[int, bytes]:
    told = ReferralIn(now=MONDAY).load(a_referral())
    command = ReceiveReferral(door=Door.PAGE, **told)

    def name_child(_: int, child: Any) -> Child:
        return Child(ref=BLUE, told=child, match_key=KEY)

    made = referral.receive(
        None, command, ref=CASE, name_child=name_child, by="school-demo", at=MONDAY
    )
    if made is None:
        raise RuntimeError("a new submission was taken for an old one")
    later = MONDAY + timedelta(hours=1)
    decided = threshold.decide(made.state, command_for(CASE), by="manager-demo", at=later).state
    informing = InformReferrer(
        ref=CASE,
        informed_by=InformedBy.TELEPHONE,
        informed_at=later,
        what_was_said="Told that a strategy meeting is held today, and why.",
    )
    informed: Referral = feedback.inform(decided, informing, by="manager-demo", at=later).state
    return {
        RECEIVED: bson.encode(to_stored(made.state)),
        DECIDED: bson.encode(to_stored(decided)),
        CLOSED: bson.encode(to_stored(informed)),
    }


def _cases() -> dict[int, bytes]:
    opened = a_case(ref=CASE)
    case = allocated(opened)
    for number, child in enumerate(case.children):
        seeing = a_seen(child=child.child, submission_id=f"seen-{number}")
        case = record_seen(case, seeing, directory=a_directory(), by=WORKER, at=NOW).state
    return {
        RECEIVED: b"",
        DECIDED: bson.encode(to_stored(opened)),
        CLOSED: bson.encode(to_stored(case)),
    }


def _projections() -> dict[int, bytes]:
    """How a case stands whose every word has been said: the sweep has nothing to do with it."""
    template = Lines()
    limits = load_time_limits()
    made = {}
    for upto in (RECEIVED, DECIDED, CLOSED):
        line = envelopes(template.of(CASE, BLUE, GREEN)[:upto])
        stored = to_stored(project(CASE, line, limits))
        stored["_id"] = stored.pop("ref")
        made[upto] = bson.encode({**stored, "next_tick": None})
    return made
