"""What the handlers work with, and the clocks of a case as its entries say them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from services.audit.domain.announcing import Announcements
from services.audit.domain.archive import Archive
from services.audit.domain.projection import CaseProjection, project
from services.audit.handlers.lately import Lately
from shared.clock import Clock
from shared.events.envelope import Envelope
from shared.messaging.feed import Feed
from shared.practice import TimeLimits
from shared.store import Roots


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """What the handlers work with."""

    archive: Archive
    announcements: Roots[Announcements]
    limits: TimeLimits
    clock: Clock
    feed: Feed | None
    lately: Lately = field(default_factory=Lately)


def refresh(ref: str, oversight: Oversight) -> CaseProjection:
    """Compute the projection of a case from all its entries; kept only if it has read more."""
    case = project(ref, oversight.archive.entries_of_case(ref), oversight.limits)
    oversight.archive.put_cases([case])
    return case


def refresh_many(refs: Iterable[str], oversight: Oversight) -> set[str]:
    """Refresh several cases in one write. Returns which; one that cannot be computed is left."""
    cases: list[CaseProjection] = []
    for ref, entries in entries_of(refs, oversight).items():
        with suppress(ValueError, TypeError, KeyError):
            cases.append(project(ref, entries, oversight.limits))
    oversight.archive.put_cases(cases)
    return {case.ref for case in cases}


def entries_of(refs: Iterable[str], oversight: Oversight) -> dict[str, list[Envelope]]:
    """Return every entry of several cases, by case: which there are is asked of the archive, what
    each says is read where it is not remembered."""
    chosen = sorted(refs)
    keys = oversight.archive.keys_of_cases(chosen) if chosen else {}
    entries = oversight.lately.known(key for its in keys.values() for key in its)
    unknown = [key for its in keys.values() for key in its if key not in entries]
    if unknown:
        entries |= {each.key: each for each in oversight.archive.entries_at(unknown)}
    oversight.lately.remember(entries.values())
    return {ref: [entries[key] for key in its] for ref, its in keys.items()}
