"""An event proves by itself that it was not changed, and by its chain that none is missing."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.events.codes import InformedBy, Role
from shared.events.envelope import GENESIS, Envelope, MalformedEvent, canonical, hash_of, iso
from shared.events.facts import Fact
from shared.events.referral import ChildMatched, ReferrerInformed
from shared.events.seal import LARGEST_EVENT, Actor, Place, seal, stream_of
from shared.events.strategy import LeadDeclined

CASE = "MASH-00000-00001"
AT = datetime(2026, 11, 3, 9, 30, 0, 123_000, tzinfo=UTC)
SOMEBODY = Actor("somebody-demo", Role.MASH_MANAGER)
TOLD = ReferrerInformed(informed_by=InformedBy.TELEPHONE)
START = Place(source="/referral", subject=CASE, version=0, tail_hash=GENESIS)

ANOTHER: dict[str, Any] = {
    "id": "01KSAMP1E00000000000000099",
    "source": "/strategy",
    "type": "referral.child-matched",
    "version": 2,
    "subject": "MASH-00000-00002",
    "time": AT + timedelta(milliseconds=1),
    "occurred_at": AT - timedelta(milliseconds=1),
    "stream": "referral:MASH-00000-00002",
    "sequence": 2,
    "previous_hash": "1" * 64,
    "hash": "2" * 64,
    "actor": "somebody-else-demo",
    "actor_role": "auditor",
    "causation_id": None,
    "correlation_id": "01KSAMP1E00000000000000099",
    "data": {"informed_by": "letter"},
}


def sealed(*facts: Fact, place: Place = START, cause: Envelope | None = None) -> list[Envelope]:
    """Return the events that say these facts."""
    wires = seal(facts, place, by=SOMEBODY, at=AT, cause=cause)
    return [Envelope.from_wire(wire) for wire in wires]


def test_the_hash_is_the_sha256_of_the_canonical_json_of_all_the_rest() -> None:
    (wire,) = seal([TOLD], START, by=SOMEBODY, at=AT, cause=None)
    rest = {name: value for name, value in wire.items() if name != "hash"}

    # By hand: whoever holds an event can do this without any of our code.
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert wire["hash"] == hashlib.sha256(text.encode()).hexdigest()
    assert hash_of(wire) == wire["hash"]


@pytest.mark.parametrize("attribute", sorted(ANOTHER))
def test_an_event_changed_in_any_attribute_is_not_intact(attribute: str) -> None:
    (cause,) = sealed(TOLD)
    late = ReferrerInformed(occurred_at=AT - timedelta(hours=1), informed_by=InformedBy.TELEPHONE)
    (event,) = sealed(late, cause=cause)
    assert event.is_intact()

    held = {name: getattr(event, name) for name in ANOTHER}
    changed = Envelope(**{**held, attribute: ANOTHER[attribute]})

    assert held[attribute] != ANOTHER[attribute]
    assert not changed.is_intact()


def test_every_attribute_of_an_event_is_tried_for_tampering() -> None:
    assert set(ANOTHER) == set(Envelope.__dataclass_fields__)


def test_events_of_one_change_are_chained_from_the_first() -> None:
    events = sealed(TOLD, TOLD, TOLD)

    assert [event.sequence for event in events] == [1, 2, 3]
    assert events[0].follows(None)
    assert events[1].follows(events[0])
    assert events[2].follows(events[1])


def test_an_event_that_is_missing_doubled_or_swapped_breaks_the_chain() -> None:
    first, second, third = sealed(TOLD, TOLD, TOLD)

    assert not third.follows(first)
    assert not second.follows(second)
    assert not first.follows(second)
    assert not second.follows(None)


def test_a_rewritten_event_breaks_the_chain_after_it_even_with_a_hash_of_its_own() -> None:
    first, second = sealed(TOLD, TOLD)
    forged = {**first.to_wire(), "actor": "somebody-else-demo"}
    rewritten = Envelope.from_wire({**forged, "hash": hash_of(forged)})

    assert rewritten.is_intact()
    assert not second.follows(rewritten)


def test_later_events_go_on_where_the_stream_ended() -> None:
    first, second = sealed(TOLD, TOLD)
    place = Place(source="/referral", subject=CASE, version=2, tail_hash=second.hash)

    (third,) = sealed(TOLD, place=place)

    assert third.follows(second)
    assert third.key == f"referral:{CASE}#3"
    assert first.key == f"{stream_of('/referral', CASE)}#1"


def test_what_was_caused_by_an_event_names_it_and_keeps_its_correlation() -> None:
    cause, _ = sealed(TOLD, TOLD)
    place = Place(source="/strategy", subject=CASE, version=0, tail_hash=GENESIS)

    caused, also = sealed(TOLD, TOLD, place=place, cause=cause)

    assert cause.causation_id is None
    assert cause.correlation_id == cause.id
    assert caused.causation_id == also.causation_id == cause.id
    assert caused.correlation_id == also.correlation_id == cause.correlation_id


def test_when_it_happened_is_kept_apart_from_when_it_was_written() -> None:
    earlier = AT - timedelta(hours=3)
    (late,) = sealed(ReferrerInformed(occurred_at=earlier, informed_by=InformedBy.LETTER))
    (at_once,) = sealed(TOLD)

    assert (late.time, late.occurred_at, late.happened_at) == (AT, earlier, earlier)
    assert (at_once.occurred_at, at_once.happened_at) == (None, AT)
    assert "occurredat" not in at_once.to_wire()


def test_a_change_without_a_fact_is_refused() -> None:
    with pytest.raises(ValueError, match="say in an event why"):
        sealed()


def test_a_fact_that_holds_what_may_not_travel_is_refused_whole() -> None:
    named = ChildMatched(child="Blue Teapot", known_child="CH-00000-00001", known_case=CASE)

    with pytest.raises(ValidationError):
        sealed(TOLD, named)


def test_a_fact_larger_than_a_broker_may_take_is_refused_before_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.events.seal.LARGEST_EVENT", 300)

    with pytest.raises(ValueError, match=r"strategy\.lead-declined is larger"):
        sealed(LeadDeclined(meeting=1, lead="somebody-demo", reason="x" * 64))
    assert LARGEST_EVENT < 128 * 1024


@given(
    st.datetimes(
        min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(2200, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC]),
    )
)
def test_a_time_in_whole_milliseconds_survives_the_wire(at: datetime) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)

    assert datetime.fromisoformat(iso(at)) == at
    assert iso(at).endswith("Z")


WHAT_TRAVELS = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-(2**63), 2**64 - 1),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), WHAT_TRAVELS))
def test_the_canonical_form_is_json_with_sorted_keys_and_no_white_space(
    wire: dict[str, Any],
) -> None:
    backwards = dict(reversed(list(wire.items())))
    text = json.dumps(wire, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    assert canonical(wire) == canonical(backwards) == text.encode()


@pytest.mark.parametrize("no_json", [datetime(2026, 11, 3, tzinfo=UTC), b"bytes", object(), {1: 2}])
def test_what_is_no_json_value_is_not_put_into_words(no_json: Any) -> None:
    with pytest.raises(TypeError):
        canonical({"data": no_json})


def test_an_event_filed_under_another_case_is_refused() -> None:
    (event,) = sealed(TOLD)
    forged = {**event.to_wire(), "subject": "MASH-00000-00002"}

    with pytest.raises(MalformedEvent, match="stream"):
        Envelope.from_wire({**forged, "hash": hash_of(forged)})
