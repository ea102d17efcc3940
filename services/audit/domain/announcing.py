"""What audit says aloud about a promise, and when: each thing once, and never too soon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.audit.domain.clocks import ANNOUNCED_BY, ClockState, Mark, State
from shared.events.audit import ClockAtRisk, ClockBreached, ClockFact, ClockMet
from shared.events.codes import Clock
from shared.rebuilt import Rebuilt, Told

JUST_AFTER = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One thing said about one promise: said once, ever."""

    clock: Clock
    child: str | None
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcements:
    """Everything audit has said about the promises of one case: the state of audit's own record."""

    said: tuple[Announcement, ...] = ()


def announce(
    state: Announcements | None,
    clocks: Iterable[ClockState],
    *,
    at: datetime,
    now: datetime | None = None,
    breaches: bool = True,
) -> tuple[Announcements, tuple[ClockFact, ...]] | None:
    """Decide what there is to say of that moment; None when everything has been said.

    `now` is when it is said, where that is later: the services were asked in between. What has
    fallen due meanwhile is not called "at risk" any more; the next sweep asks again, and says it.
    `breaches` is False while a service cannot be asked for its latest events: a decision that was
    made in time must never be announced as a broken promise because its event is still on its way.
    """
    said = set((state or Announcements()).said)
    facts: list[ClockFact] = []
    for each in clocks:
        for mark in marks_at(each, at=at):
            words = Announcement(clock=each.clock, child=each.child, mark=mark)
            broken = replace(words, mark=Mark.BREACHED)
            held_back = words == broken and each.state is State.ARMED and not breaches
            # Once broken it is not "at risk" again, even where a clock was put back.
            held_back |= mark is Mark.AT_RISK and (broken in said or (now or at) > each.due_at)
            if words not in said and not held_back:
                said.add(words)
                facts.append(_fact(each, mark))
    if not facts:
        return None
    return Announcements(said=tuple(sorted(said, key=_order))), tuple(facts)


def marks_at(clock: ClockState, *, at: datetime) -> tuple[Mark, ...]:
    """What may be said of a promise at that moment, said before or not.

    A promise already broken is not "at risk", however late this is asked. One kept late was broken
    first. One kept in time was never broken, even when that is learnt after it was due. What is
    being imported is not called broken while the steps that kept it may still come.
    """
    if clock.state is State.MET:
        return (Mark.MET,)
    if clock.state is State.MET_LATE:
        return (Mark.BREACHED, Mark.MET)
    if clock.state is State.CANCELLED:
        return ()
    if at > clock.due_at:
        return () if clock.quiet_until and at < clock.quiet_until else (Mark.BREACHED,)
    return (Mark.AT_RISK,) if at >= clock.at_risk_at else ()


def unsaid(clocks: Iterable[ClockState], *, at: datetime) -> Iterator[ClockState]:
    """Yield the clocks of which something may be said at that moment and the timeline has not."""
    for each in clocks:
        if set(marks_at(each, at=at)) - set(each.announced):
            yield each


def next_tick(clocks: Iterable[ClockState]) -> datetime | None:
    """When is there next something to say? None when every promise is settled and said."""
    return min((at for each in clocks for at in _ticks(each)), default=None)


def _ticks(clock: ClockState) -> Iterator[datetime]:
    if clock.state is State.ARMED:
        if Mark.BREACHED in clock.announced:
            return
        if clock.quiet_until:
            yield clock.quiet_until
            return
        yield clock.due_at + JUST_AFTER if Mark.AT_RISK in clock.announced else clock.at_risk_at
    else:
        due = set(marks_at(clock, at=clock.due_at)) - set(clock.announced)
        if due and clock.recorded_at is not None:
            yield clock.recorded_at


def _fact(clock: ClockState, mark: Mark) -> ClockFact:
    kinds = {Mark.AT_RISK: ClockAtRisk, Mark.BREACHED: ClockBreached, Mark.MET: ClockMet}
    return kinds[mark](
        clock=clock.clock,
        child=clock.child,
        started_at=clock.started_at,
        due_at=clock.due_at,
        occurred_at=_happened(clock, mark),
    )


def _happened(clock: ClockState, mark: Mark) -> datetime | None:
    if mark is Mark.MET:
        return clock.stopped_at
    moment = clock.at_risk_at if mark is Mark.AT_RISK else clock.due_at
    # Nothing can be broken before the event that made the promise.
    return max(moment, clock.armed_at)


def _order(said: Announcement) -> tuple[str, str, str]:
    return (said.clock.value, said.child or "", said.mark.value)


def rebuild(state: Announcements | None, told: tuple[Told, ...]) -> Rebuilt[Announcements]:
    """Return what audit has said, after words of its own that came back. None of it is lost."""
    said = set((state or Announcements()).said)
    for each in told:
        if isinstance(each.fact, ClockFact):
            mark = ANNOUNCED_BY[each.event.type]
            said.add(Announcement(clock=each.fact.clock, child=each.fact.child, mark=mark))
    return Rebuilt(state=Announcements(said=tuple(sorted(said, key=_order))))
