"""What must hold after everything was put right: one sentence for each thing that does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from services.audit.domain.announcing import Announcements, announce, marks_at
from services.audit.domain.clocks import ANNOUNCED_BY, Mark, clocks_of
from services.audit.domain.projection import project
from services.audit.queries.verification import verify
from services.referral.domain.stages import Stage as ReferralStage
from services.strategy.domain.case import Stage
from shared.events.envelope import GENESIS, Envelope
from shared.states import from_stored
from tests.models.store import KeptRecord, MemoryArchive
from tests.simulation.people import Person
from tests.simulation.processes import LIMITS, STATES, SimClock
from tests.simulation.world import World

CAUSES: Mapping[str, str] = {
    "referral.threshold-decided": "strategy.case-opened",
    "strategy.meeting-called": "strategy.lead-assigned",
}
"""What the system says by itself, once, when that was said."""
ONE_OR_NONE = ("strategy.lead-reassigned",)
"""The system hands an unanswered meeting to the next in order, once a lead."""
STAGE_AFTER: Mapping[str, str] = {
    "referral.received": ReferralStage.RECEIVED,
    "referral.threshold-decided": ReferralStage.DECIDED,
    "referral.referrer-informed": ReferralStage.REFERRER_INFORMED,
    "strategy.case-opened": Stage.OPENED,
    "strategy.meeting-called": Stage.MEETING_CALLED,
    "strategy.meeting-held": Stage.MEETING_HELD,
    "strategy.case-allocated": Stage.ALLOCATED,
}


def violations(world: World) -> list[str]:
    """Return what is wrong with a world that was put right."""
    checks = (_moving, _answers, _streams, _hearing, _timeline, _clocks, _left_over)
    return [words for check in checks for words in check(world)]


def _moving(world: World) -> Iterator[str]:
    for person in world.people:
        if not person.content:
            yield f"never answered: {person.ref} {person.steps[person.next].says}"
    yield from (f"unexpected: {words}" for words in sorted(set(world.kept.surprises)))


def _answers(world: World) -> Iterator[str]:
    """What a person was told is in the history, as it was told."""
    for person in world.people:
        for told in person.answers:
            kept = world.kept.shelves[told.service].get(told.ref)
            events = kept.events if kept else []
            if len(events) < told.version or events[told.version - 1]["hash"] != told.tail_hash:
                yield f"lost: {told.ref} {told.says} was acknowledged"


def _streams(world: World) -> Iterator[str]:
    """Each stream is whole, holds each thing once and nothing else, and ended as it should."""
    expected = {person.ref: _expected(person) for person in world.people}
    for service in ("referral", "strategy"):
        shelf = world.kept.shelves[service]
        yield from (f"invented: {service} {ref}" for ref in shelf.keys() - expected.keys())
        for ref, types in expected.items():
            yield from _stream(service, ref, shelf.get(ref, KeptRecord()), types)


def _expected(person: Person) -> Counter[str]:
    said = Counter(step.says for step in person.steps)
    return said + Counter(CAUSES[each] for each in said if each in CAUSES)


def _stream(service: str, ref: str, kept: KeptRecord, types: Counter[str]) -> Iterator[str]:
    yield from _chain(f"{service}:{ref}", kept.events, kept.version)
    wanted = Counter({each: n for each, n in types.items() if each.startswith(f"{service}.")})
    counted = Counter(each["type"] for each in kept.events if each["type"] not in ONE_OR_NONE)
    for each, n in (wanted - counted).items():
        yield f"lost: {n} of {each} of {ref}"
    for each, n in (counted - wanted).items():
        yield f"doubled or invented: {n} of {each} of {ref}"
    stages = [STAGE_AFTER[each["type"]] for each in kept.events if each["type"] in STAGE_AFTER]
    order = [stage for each, stage in STAGE_AFTER.items() if each in counted]
    if stages != order or (kept.state or {}).get("stage") != (stages or [None])[-1]:
        yield f"out of its table: {service} {ref} went {stages}"


def _chain(stream: str, events: list[Mapping[str, Any]], version: int) -> Iterator[str]:
    previous, hashed = 0, GENESIS
    for wire in events:
        event = Envelope.from_wire(wire)
        if not event.is_intact() or event.previous_hash != hashed:
            yield f"{stream}: the chain is broken at {event.sequence}"
        if event.sequence != previous + 1:
            yield f"{stream}: {event.sequence} stands after {previous}"
        previous, hashed = event.sequence, event.hash
    if version != len(events):
        yield f"{stream}: version {version} with {len(events)} events"


def _hearing(world: World) -> Iterator[str]:
    """Strategy heard every referral to its end."""
    for ref, kept in world.kept.shelves["referral"].items():
        case = world.kept.shelves["strategy"].get(ref)
        heard = case.heard.get(f"referral:{ref}") if case else None
        if heard != kept.version:
            yield f"strategy heard {heard} of {kept.version} of {ref}"


def _timeline(world: World) -> Iterator[str]:
    """The timeline holds exactly what the services wrote, and the product's own proof agrees."""
    written = {
        f"{event['stream']}#{event['sequence']}": event["hash"]
        for shelf in world.kept.shelves.values()
        for kept in shelf.values()
        for event in kept.events
    }
    held = {key: event.hash for key, event in world.kept.entries.entries.items()}
    yield from (f"lost on the timeline: {key}" for key in sorted(written.keys() - held.keys()))
    yield from (f"invented on the timeline: {key}" for key in sorted(held.keys() - written.keys()))
    yield from (
        f"changed: {key}" for key in held.keys() & written.keys() if held[key] != written[key]
    )
    verdict = verify(MemoryArchive(world.kept.entries), world.kept.feed(SimClock(world.kept)))
    if not verdict.sound:
        yield f"verify: {verdict.faults} {verdict.missing} {verdict.not_compared}"


def _clocks(world: World) -> Iterator[str]:
    """Every projection and every announcement is what the entries say, computed from scratch."""
    for ref in sorted({person.ref for person in world.people}):
        entries = [each for each in world.kept.entries.entries.values() if each.subject == ref]
        if world.kept.entries.cases.get(ref) != project(ref, entries, LIMITS):
            yield f"clocks: the projection of {ref} is not what its entries say"
        clocks = clocks_of(entries, LIMITS)
        own = world.kept.shelves["audit"].get(ref)
        state = from_stored(own.state, Announcements) if own and own.state else None
        if unsaid := announce(state, clocks, at=world.kept.now):
            yield f"clocks: not said of {ref}: {[each.type for each in unsaid[1]]}"
        said = Counter(
            (each.type, each.data["clock"], each.data.get("child"))
            for each in entries
            if each.source == "/audit"
        )
        yield from (f"clocks: said twice of {ref}: {key}" for key, n in said.items() if n > 1)
        true = {
            (each.clock.value, each.child)
            for each in clocks
            if Mark.BREACHED in marks_at(each, at=world.kept.now)
        }
        for kind, clock, child in said:
            if ANNOUNCED_BY[kind] is Mark.BREACHED and (clock, child) not in true:
                yield f"clocks: {clock} of {ref} was called broken and was kept"


def _left_over(world: World) -> Iterator[str]:
    """Nothing is held, queued, unpublished or reserved any more."""
    for service in STATES:
        for key, held in world.kept.held[service].get("held_events", {}).items():
            yield f"{service} still holds {key} ({held['kind']}): {held['reason']}"
        for ref, kept in world.kept.shelves[service].items():
            if kept.published < kept.version or kept.unpublished_since:
                yield f"{service} {ref}: {kept.version - kept.published} unpublished"
    if not world.kept.broker.idle():
        yield "the broker still holds messages"
    cases = world.kept.shelves["strategy"].items()
    led = {(ref, *meeting) for ref, kept in cases for meeting in _waiting_meetings(kept)}
    for key, (manager, case, meeting, *_) in world.kept.slots.items():
        if (case, meeting, manager) not in led:
            yield f"time reserved for nobody: {key}"


def _waiting_meetings(kept: KeptRecord) -> Iterator[tuple[int, str]]:
    for each in (kept.state or {}).get("meetings", ()):
        if each["record"] is None:
            yield each["number"], each["lead"]["person"]
