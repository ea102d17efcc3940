"""Made-up work in any number: referrals through the product's own rules, sealed lines of events.

Everything here bears references that nobody has; nothing is drawn by chance, so that two runs do
the same work.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from services.referral.domain import referral
from services.referral.domain.commands import ReceiveReferral
from services.referral.domain.matching import match_key
from services.referral.domain.referral import Child, Referral
from services.referral.domain.report import ReportedChild
from services.referral.schemas import ReferralIn
from shared.changes import Change
from shared.events.codes import Door, Role
from shared.events.envelope import GENESIS, Envelope, hash_of
from shared.events.seal import Actor
from shared.ids import case_reference, child_reference, new_event_id, new_submission_id
from shared.store import Roots, Write
from tests.builders import a_referral
from tests.unit.audit.lines import BLUE, CASE, GREEN, a_kept_line

SECRET: Final = secrets.token_hex(32)
SENDER: Final = Actor("school-demo", Role.PARTNER)
DECIDER: Final = Actor("manager-demo", Role.MASH_MANAGER)
AT_ONCE: Final = 200
"""Writes in one bulk of a preparation."""


def referrals(roots: Roots[Referral], count: int) -> list[str]:
    """Receive so many referrals in bulks, as a web process would one by one; return their refs."""
    at = roots.clock.now()
    template = ReferralIn(now=datetime(2026, 11, 20, 12, tzinfo=UTC)).load(a_referral())
    made: list[str] = []
    for batch in _in_batches(range(count)):
        writes = [_received(roots, template, at) for _ in batch]
        if not all(roots.commit_many(writes)):
            raise RuntimeError("a referral with a new reference was not new")
        made += [write.root.ref for write in writes]
    return made


def _received(roots: Roots[Referral], template: dict[str, Any], at: datetime) -> Write[Referral]:
    command = ReceiveReferral(door=Door.PAGE, **{**template, "submission_id": new_submission_id()})
    ref = case_reference(command.submission_id, 0)

    def name_child(position: int, told: ReportedChild) -> Child:
        reference = child_reference(command.submission_id, position, 0)
        return Child(ref=reference, told=told, match_key=match_key(told, secret=SECRET))

    change = referral.receive(None, command, ref=ref, name_child=name_child, by=SENDER.id, at=at)
    if change is None:
        raise RuntimeError("a new submission was taken for an old one")
    made: Change[Referral] = change
    from_nothing = roots.load("none")
    root = type(from_nothing)(ref=ref)
    return Write(root=root, change=made, by=SENDER, at=at)


Wire = dict[str, Any]


class Lines:
    """Whole lines of events of one case after another: two of referral, six of strategy."""

    def __init__(self) -> None:
        self._template = [json.dumps(each.to_wire()) for each in a_kept_line()]
        self._count = itertools.count(1)

    @property
    def length(self) -> int:
        """Events of one line."""
        return len(self._template)

    def one(self) -> list[Wire]:
        """Return the sealed events of the next case, in order."""
        number = next(self._count)
        return self.of(case_of(number), child_of("B", number), child_of("G", number))

    def of(self, ref: str, blue: str, green: str) -> list[Wire]:
        """Return the sealed events of one case and its two children, in order."""
        heads: dict[str, str] = {}
        line = []
        for text in self._template:
            wire: Wire = json.loads(
                text.replace(CASE, ref).replace(BLUE, blue).replace(GREEN, green)
            )
            wire["id"] = wire["correlationid"] = new_event_id()
            wire["previoushash"] = heads.get(wire["stream"], GENESIS)
            wire["hash"] = heads[wire["stream"]] = hash_of(wire)
            line.append(wire)
        return line


def case_of(number: int) -> str:
    """Return the reference of a made-up case, as long as a real one."""
    digits = f"{number:010d}"
    return f"MASH-{digits[:5]}-{digits[5:]}"


def child_of(letter: str, number: int) -> str:
    """Return the reference of a made-up child, as long as a real one."""
    digits = f"{number:09d}"
    return f"CH-{letter}{digits[:4]}-{digits[4:]}"


def interleaved(lines: Sequence[Sequence[Wire]], abreast: int) -> Iterator[Wire]:
    """Yield the events of many cases as a hub writes them: some cases at work at the same time."""
    for start in range(0, len(lines), abreast):
        for together in itertools.zip_longest(*lines[start : start + abreast]):
            yield from (each for each in together if each is not None)


def envelopes(wires: Iterable[Wire]) -> list[Envelope]:
    """Return events as the product holds them."""
    return [Envelope.from_wire(wire) for wire in wires]


def _in_batches(numbers: Iterable[int]) -> Iterator[list[int]]:
    counting = iter(numbers)
    while batch := list(itertools.islice(counting, AT_ONCE)):
        yield batch
