"""The contacts of the demonstration's morning and what staff do about each, from its data file.

Times in the file are on the clock on the wall in England, without an offset, as people say them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.resources import files
from typing import Any, Final

from shared.clock import LONDON

MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\Z")


@dataclass(slots=True, kw_only=True)
class Contact:
    """One contact: what the referrer sends, what the hub does, and what has come of it so far."""

    key: str
    at: datetime
    door: str
    sign_in: str
    answers: Mapping[str, Any]
    story: Mapping[str, Any]
    named: bool = False
    twice: bool = False
    slip: Mapping[str, Any] = field(default_factory=dict)
    """Answers mistyped at the first try: the form must come back with everything else kept."""
    wrong: str = ""
    breaks: Mapping[str, int] = field(default_factory=dict)
    """Promises broken on purpose: which clock, how many times."""
    ref: str = ""
    children: list[str] = field(default_factory=list)
    worker: str = ""
    done: list[str] = field(default_factory=list)
    """The kinds of event that the accepted commands must have caused, each as often as it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What to invent of the weeks before, until when, and when it is entered."""

    referrals: int
    seed: int
    first: date
    last: date
    until: datetime
    entered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """All contacts, by their key, in the order they come in."""

    contacts: Mapping[str, Contact]
    past: Past
    guidance_version: str

    @property
    def named(self) -> Contact:
        """The case whose whole line is printed at the end."""
        return next(each for each in self.contacts.values() if each.named)


def read_morning() -> Morning:
    """Return the morning from the data file."""
    source = files("shared.mash") / "data" / "demo_morning.json"
    told = json.loads(source.read_text(encoding="utf-8"))
    contacts = [_contact(each, told["referrers"]) for each in told["contacts"]]
    return Morning(
        contacts={each.key: each for each in contacts},
        past=_past(told["past"]),
        guidance_version=told["guidance_version"],
    )


def at_london(text: str) -> datetime:
    """Return the instant of a time on the clock on the wall in England."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def with_offsets(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers whose moments say their offset, as the API asks."""
    return {
        key: at_london(value).isoformat()
        if isinstance(value, str) and MOMENT.match(value)
        else value
        for key, value in answers.items()
    }


def _past(told: Mapping[str, Any]) -> Past:
    return Past(
        referrals=told["referrals"],
        seed=told["seed"],
        first=date.fromisoformat(told["first"]),
        last=date.fromisoformat(told["last"]),
        until=at_london(told["until"]),
        entered_at=at_london(told["entered"]),
    )


def _contact(told: Mapping[str, Any], referrers: Mapping[str, Mapping[str, Any]]) -> Contact:
    referrer = dict(referrers[told["referrer"]])
    sign_in = referrer.pop("sign_in")
    if told["report"].get("urgent"):
        referrer = {"ref_phone": referrer["ref_phone"], **_identity(referrer)}
    return Contact(
        key=told["key"],
        at=at_london(told["at"]),
        door=told["door"],
        sign_in=sign_in,
        answers={**referrer, **told["report"], "children": told["children"]},
        story=told["story"],
        named=told.get("named", False),
        twice=told.get("twice", False),
        slip=told.get("slip", {}),
        wrong=told.get("wrong", ""),
        breaks=told.get("breaks", {}),
    )


def _identity(referrer: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("ref_name", "ref_role", "ref_agency", "referral_source")
    return {name: referrer[name] for name in kept if name in referrer}
