"""A state read back is the state that was written, whatever a state may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import whole_milliseconds
from shared.events.codes import Concern, Role
from shared.states import from_stored, to_stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a state."""

    word: str
    concern: Concern
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A state with one of everything a state may hold."""

    text: str
    number: int
    yes: bool
    at: datetime
    day: date
    role: Role
    nothing: int | None
    maybe_at: datetime | None
    part: Part
    maybe_part: Part | None
    parts: tuple[Part, ...]
    concerns: tuple[Concern, ...]
    by_name: Mapping[str, int]
    parts_by_name: Mapping[str, Part]


words = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
keys = st.text("abcdefgh-", min_size=1, max_size=5)
numbers = st.integers(min_value=-(2**31), max_value=2**31)
instants = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(whole_milliseconds)
parts = st.builds(Part, word=words, concern=st.sampled_from(Concern), day=st.none() | st.dates())
wholes = st.builds(
    Whole,
    text=words,
    number=numbers,
    yes=st.booleans(),
    at=instants,
    day=st.dates(),
    role=st.sampled_from(Role),
    nothing=st.none() | numbers,
    maybe_at=st.none() | instants,
    part=parts,
    maybe_part=st.none() | parts,
    parts=st.lists(parts, max_size=3).map(tuple),
    concerns=st.lists(st.sampled_from(Concern), max_size=3).map(tuple),
    by_name=st.dictionaries(keys, numbers, max_size=3),
    parts_by_name=st.dictionaries(keys, parts, max_size=2),
)


@settings(max_examples=60, deadline=None)
@given(wholes)
def test_a_state_read_back_from_the_store_is_the_state_that_was_written(state: Whole) -> None:
    written = bson.encode(to_stored(state))
    read = bson.decode(written, bson.CodecOptions(tz_aware=True))

    assert from_stored(read, Whole) == state


@given(instants)
def test_an_instant_stays_a_date_in_the_store_and_a_day_a_text(at: datetime) -> None:
    stored = to_stored(Part(word="x", concern=Concern.NEGLECT, day=at.date()))

    assert stored["day"] == at.date().isoformat()
    assert stored["concern"] == "neglect"
    assert type(stored["concern"]) is str


def test_an_older_document_without_a_newer_optional_field_can_be_read() -> None:
    assert from_stored({"word": "x", "concern": "neglect"}, Part).day is None


def test_a_document_without_a_field_it_needs_is_refused() -> None:
    with pytest.raises(Exception, match="Part"):
        from_stored({"concern": "neglect"}, Part)


def test_a_code_nobody_knows_is_refused() -> None:
    with pytest.raises(Exception, match="Part"):
        from_stored({"word": "x", "concern": "not-a-concern"}, Part)


def test_what_is_stored_is_plain() -> None:
    stored = to_stored(
        Part(word="x", concern=Concern.OTHER, day=date(2026, 11, 3)),
    )

    assert stored == {"word": "x", "concern": "other", "day": "2026-11-03"}
