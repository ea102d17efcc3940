"""No event can carry a name, an address or a narrative: its fields have no room for one."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin, get_type_hints

import pytest
from marshmallow import ValidationError

from shared.events.codes import InformedBy
from shared.events.facts import Area, CaseRef, ChildRef, Code, Fact, StaffRef, TextKind, Words
from shared.events.referral import ReferrerInformed
from shared.events.registry import REGISTRY, data_of, schema_of
from tests.contract import samples

WORDED_BY_THE_SYSTEM = {"strategy.lead-assigned": "reasons", "strategy.lead-reassigned": "reasons"}
"""The only sentences on the bus: why a lead was chosen, worded from codes and references."""

every_fact = pytest.mark.parametrize("fact", REGISTRY.values(), ids=lambda fact: fact.__name__)


@every_fact
def test_no_field_of_an_event_is_bare_text(fact: type[Fact]) -> None:
    assert bare_text_in(fact) == [], "use a kind of shared.events.facts"


def test_a_bare_text_field_would_be_found_and_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class NarrativeWritten(Fact):
        type: ClassVar[str] = "referral.narrative-written"
        narrative: str | None

    assert bare_text_in(NarrativeWritten) == ["narrative"]
    with pytest.raises(TypeError, match="may not travel"):
        schema_of(NarrativeWritten)


@every_fact
def test_sentences_travel_only_where_the_system_words_them(fact: type[Fact]) -> None:
    found = [name for name, kind in text_kinds_of(fact) if kind is get_args(Words)[1]]

    assert found == [name for kind, name in WORDED_BY_THE_SYSTEM.items() if kind == fact.type]


@every_fact
def test_no_event_field_is_named_after_something_personal(fact: type[Fact]) -> None:
    personal = re.compile(r"name|address|postcode|birth|phone|email|nhs|narrative|comment|note")

    assert [each for each in field_names(fact) if personal.search(each)] == []


@pytest.mark.parametrize("kind", [Area, CaseRef, ChildRef, Code, StaffRef])
@pytest.mark.parametrize(
    "text", ["Blue Teapot", "1 Invented Street", "B70 0AA", "a\nb", "", "x" * 65]
)
def test_references_and_codes_have_no_room_for_a_name_or_an_address(kind: Any, text: str) -> None:
    (note,) = (each for each in get_args(kind) if isinstance(each, TextKind))

    assert not re.fullmatch(note.pattern, text)


def test_a_reference_with_a_line_after_it_is_refused() -> None:
    # In Python `$` also matches before a last line break.
    name = "referral.child-matched.v1"
    loaded = samples.wire(name)["data"]
    with pytest.raises(ValidationError):
        schema_of(REGISTRY["referral.child-matched", 1]).load(
            {**loaded, "child": loaded["child"] + "\n"}
        )


def test_a_fact_that_holds_what_may_not_travel_is_never_sealed() -> None:
    narrative: Any = "Blue Teapot came without breakfast"
    with pytest.raises((ValidationError, AttributeError, ValueError)):
        data_of(ReferrerInformed(informed_by=narrative))


def test_when_it_happened_travels_in_the_envelope_and_not_in_the_data() -> None:
    late = ReferrerInformed(occurred_at=datetime.now(UTC), informed_by=InformedBy.LETTER)  # noqa: TID251

    assert data_of(late) == {"informed_by": "letter"}


def bare_text_in(shape: type) -> list[str]:
    """Return the fields that hold text of no declared kind, here or in a part."""
    return [name for name, hint in leaves_of(shape) if hint is str or hint is Any]


def text_kinds_of(shape: type) -> list[tuple[str, TextKind]]:
    """Return the text fields and their kinds."""
    return [
        (name, note)
        for name, hint in leaves_of(shape)
        if get_origin(hint) is Annotated
        for note in get_args(hint)
        if isinstance(note, TextKind)
    ]


def field_names(shape: type) -> list[str]:
    """Return the names of all fields, of the parts too."""
    return [name for name, _ in leaves_of(shape)]


def leaves_of(shape: type) -> Iterator[tuple[str, Any]]:
    """Yield the fields of an event and of its parts, with what each may hold."""
    hints = get_type_hints(shape, include_extras=True)
    for each in fields(shape):
        for hint in alternatives(hints[each.name]):
            if is_dataclass(hint):
                yield from leaves_of(hint)
            else:
                yield each.name, hint


def alternatives(hint: Any) -> Iterator[Any]:
    """Yield what a hint allows: the members of a union, the items of a tuple."""
    if get_origin(hint) in (Union, types.UnionType, tuple):
        for part in get_args(hint):
            if part not in (type(None), Ellipsis):
                yield from alternatives(part)
    else:
        yield hint


def test_every_code_of_the_contract_is_safe_in_an_address() -> None:
    codes = {
        hint
        for fact in REGISTRY.values()
        for _, hint in leaves_of(fact)
        if isinstance(hint, type) and issubclass(hint, StrEnum)
    }
    assert codes
    for code in codes:
        for member in code:
            assert re.fullmatch(r"[A-Za-z0-9-]+", member.value), member
