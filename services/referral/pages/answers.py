"""Turns a referral into questions and answers to read, in the order of the form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from marshmallow import Schema

from services.referral.domain.codes import ANONYMOUS, NOT_KNOWN
from services.referral.domain.referral import Child, Referral
from services.referral.domain.report import FamilyView
from services.referral.schemas.child import ChildIn, years_old
from services.referral.schemas.sections import (
    FamilyIn,
    ReferrerIn,
    RequestIn,
    SafetyIn,
)
from services.referral.schemas.wording import words_for
from services.referral.schemas.worries import WorriesIn
from shared.clock import london
from shared.web.dates import field_label
from shared.web.wording import date_words, moment_words

Row = tuple[str, str]
CODED_TEXT: Final = {NOT_KNOWN: "Not known", ANONYMOUS: "Anonymous"}
NOT_SAID: Final = "{reason}. The referrer gave no reason: this is assumed where harm is significant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of the form: its questions and answers."""

    title: str
    rows: tuple[Row, ...]


_FIRST: Final = frozenset({"Safety now", "Worries"})
_SECTIONS: Final = (
    ("Worries", WorriesIn, "worries"),
    ("Strengths, help and request", RequestIn, "request"),
    ("The referrer", ReferrerIn, "referrer"),
)


def sections_of(referral: Referral) -> list[Section]:
    """Return every answer given, section by section. What was not answered is left out."""
    report = referral.report
    safety = Section(title="Safety now", rows=tuple(_rows(SafetyIn.at_hand(), report.safety)))
    children = [
        Section(title=title_of(child, number), rows=tuple(_child_rows(child, referral)))
        for number, child in enumerate(referral.children, start=1)
    ]
    family = Section(title="What the family know", rows=tuple(_family_rows(report.family)))
    others = [
        Section(title=title, rows=tuple(_rows(schema(), getattr(report, part))))
        for title, schema, part in _SECTIONS
    ]
    return [each for each in (safety, *children, family, *others) if each.rows]


def evidence_of(referral: Referral) -> list[Section]:
    """Return the same, with what the decision rests on first: safety and worries."""
    return sorted(sections_of(referral), key=lambda part: part.title not in _FIRST)


def title_of(child: Child, number: int) -> str:
    """Return what a child is called on a page: by name in the page's body only."""
    told = child.told
    name = " ".join(part for part in (told.first_names, told.last_name) if part)
    kind = "Child" if told.born else "Unborn child"
    return f"{kind} {number}: {name}" if name else f"{kind} {number}"


def _child_rows(child: Child, referral: Referral) -> Iterator[Row]:
    yield "Reference", child.ref
    for row in _rows(ChildIn.at_hand(), child.told):
        yield row
        if row[0] == "Date of birth" and child.told.date_of_birth:
            then = london(referral.received_at).date()
            yield "Age when referred", str(years_old(child.told.date_of_birth, then))


def _rows(schema: Schema, told: Any) -> Iterator[Row]:
    for name, field in schema.fields.items():
        value = getattr(told, name, None)
        if value not in (None, (), ""):
            yield field_label(field), words_of(value)


def _family_rows(told: FamilyView) -> Iterator[Row]:
    """What the family know; a reason that nobody gave is never shown as if somebody had."""
    asked_why = field_label(FamilyIn.at_hand().fields["not_asked_reason"])
    for label, answer in _rows(FamilyIn.at_hand(), told):
        assumed = told.reason_assumed and label == asked_why
        yield label, NOT_SAID.format(reason=answer) if assumed else answer


def words_of(value: Any) -> str:
    """Return one answer in words."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, tuple):
        return ", ".join(words_of(each) for each in value)
    if isinstance(value, StrEnum):
        return words_for(value)
    if isinstance(value, datetime):
        return moment_words(value)
    if isinstance(value, date):
        return date_words(value)
    return CODED_TEXT.get(value, str(value))
