"""What a fact is: the base of every event class, and the kinds of text an event may carry.

An event carries references, codes, decisions, times and actors. It never carries a name, an address
or a narrative: those stay with the service that owns them. So no event field is a bare `str`: each
is one of the kinds below, and the contract test refuses any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar


@dataclass(frozen=True, slots=True)
class TextKind:
    """A kind of text allowed in an event: the pattern it must match and what it is for."""

    pattern: str
    meaning: str


CaseRef = Annotated[str, TextKind(r"MASH-[0-9A-Z]{5}-[0-9A-Z]{5}", "reference of a case")]
ChildRef = Annotated[str, TextKind(r"CH-[0-9A-Z]{5}-[0-9A-Z]{5}", "reference of a child")]
StaffRef = Annotated[str, TextKind(r"[a-z0-9][a-z0-9.-]{0,63}", "sign-in reference of a person")]
Code = Annotated[str, TextKind(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}", "a code of a published list")]
Area = Annotated[str, TextKind(r"[A-Z]{1,2}[0-9][0-9A-Z]?|not-known", "postcode district")]
Words = Annotated[str, TextKind(r"[^\n]{1,300}", "a sentence the system worded from codes")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened. Subclasses name it in the past tense and set `type` and `version`.

    `occurred_at` is when it happened in the world, where that differs from when it was written
    down: a late entry stays visible as late. It travels in the envelope, not in the data.
    """

    type: ClassVar[str]
    version: ClassVar[int] = 1
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildOnCase:
    """A child as events name one: by reference only."""

    child: ChildRef
    unborn: bool = False
