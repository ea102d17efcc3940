"""The order of a line, its holes, its proof and its words."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, get_args, get_type_hints

import pytest

from services.audit.domain.chain import FaultKind, faults_in
from services.audit.domain.code_words import moment, words
from services.audit.domain.timeline import (
    Hole,
    belongs,
    children_of,
    head_without_hole,
    holes,
    holes_of_case,
    how_long,
    in_order,
    is_late,
    sequences_of,
)
from services.audit.domain.wording import WORDING, sentence_of, unknown_event
from shared.events.audit import ClockMet
from shared.events.codes import AssignmentRule, Clock, ReferralSource
from shared.events.registry import REGISTRY, UPGRADES, fact_of
from shared.events.strategy import LeadAssigned
from tests.unit.audit.lines import BLUE, GREEN, SOCIAL_WORKER, a_kept_line, in_london, sealed, seen


def name(who: str) -> str:
    return {"b.biscuit-demo": "Bo Biscuit", "s.saucer-demo": "Sam Saucer"}.get(who, who)


def test_a_line_is_ordered_by_when_things_happened() -> None:
    visit = sealed(
        "/strategy", [(SOCIAL_WORKER, "2026-11-24T09:00", seen(BLUE, "2026-11-23T09:30"))]
    )
    line = [*a_kept_line()[:2], *visit]

    assert [each.type for each in in_order(line[::-1])] == [
        "referral.received",
        "strategy.child-seen",
        "referral.threshold-decided",
    ]


def test_what_is_written_down_long_after_it_happened_is_late() -> None:
    late, prompt = sealed(
        "/strategy",
        [
            (SOCIAL_WORKER, "2026-11-24T09:00", seen(BLUE, "2026-11-23T09:30")),
            (SOCIAL_WORKER, "2026-11-24T09:00", seen(GREEN, "2026-11-24T08:30")),
        ],
    )

    assert is_late(late)
    assert not is_late(prompt)
    assert not is_late(replace(late, source="/audit"))


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ([], ()),
        ([1, 2, 3], ()),
        ([1, 2, 3, 6], (Hole(stream="s", first=4, last=5),)),
        ([2, 4], (Hole(stream="s", first=1, last=1), Hole(stream="s", first=3, last=3))),
        ([3, 1, 1], (Hole(stream="s", first=2, last=2),)),
    ],
)
def test_a_hole_in_a_stream_is_found(held: list[int], found: tuple[Hole, ...]) -> None:
    assert holes({"s": held}) == found


def test_a_hole_says_what_is_missing() -> None:
    assert Hole(stream="strategy:X", first=4, last=5).words == (
        "not complete: events 4 to 5 of strategy:X are missing"
    )
    assert Hole(stream="strategy:X", first=4, last=4).words == (
        "not complete: event 4 of strategy:X is missing"
    )


def test_a_line_that_does_not_begin_with_its_referral_has_lost_its_beginning() -> None:
    lost = (Hole(stream="referral:X", first=1, last=1),)

    assert holes_of_case("X", {"strategy:X": [1, 2]}) == lost
    assert holes_of_case("X", {"strategy:X": [1, 2], "referral:X": [1]}) == ()
    assert holes_of_case("X", {"referral:X": [2]}) == lost


def test_the_head_of_a_stream_ends_at_its_first_hole() -> None:
    assert head_without_hole([1, 2, 4, 5]) == 2
    assert head_without_hole([2]) == 0
    assert head_without_hole([]) == 0


def test_a_whole_line_has_no_faults() -> None:
    assert faults_in(a_kept_line()[::-1]) == []


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({"actor": "somebody-else"}, {FaultKind.HASH}),
        ({"previous_hash": "0" * 64}, {FaultKind.HASH, FaultKind.LINK}),
        ({"data": {}}, {FaultKind.HASH}),
    ],
)
def test_a_changed_event_is_found(change: dict[str, Any], kinds: set[FaultKind]) -> None:
    line = a_kept_line()
    line[4] = replace(line[4], **change)

    found = faults_in(line)

    assert {each.kind for each in found} == kinds
    assert {(each.stream, each.sequence) for each in found} == {(line[4].stream, line[4].sequence)}


def test_a_dropped_event_is_a_hole_in_the_chain() -> None:
    line = a_kept_line()
    del line[4]

    (fault,) = faults_in(line)
    assert fault.kind is FaultKind.HOLE


def test_a_resealed_event_breaks_the_link_after_it() -> None:
    line = a_kept_line()
    forged = sealed("/referral", [(SOCIAL_WORKER, "2026-11-23T09:11", fact_of(line[0]))])
    line[0] = forged[0]

    (fault,) = faults_in(line)
    assert (fault.kind, fault.sequence) == (FaultKind.LINK, 2)


def test_an_event_belongs_to_the_stream_of_its_source_and_case() -> None:
    event = a_kept_line()[0]

    assert belongs(event)
    assert not belongs(replace(event, source="/strategy"))
    assert not belongs(replace(event, subject="MASH-00000-00000"))


def test_the_children_an_event_names_are_found_in_every_shape() -> None:
    assert children_of({"children": [{"child": BLUE, "unborn": False}, {"child": GREEN}]}) == (
        BLUE,
        GREEN,
    )
    assert children_of({"children": [BLUE, GREEN], "child": BLUE}) == (BLUE, GREEN)
    assert children_of({"child": BLUE, "known_child": GREEN}) == (BLUE, GREEN)
    assert children_of({"child": None}) == ()


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2, minutes=10), "2 hours 10 minutes"),
        (timedelta(days=1, minutes=5), "1 day 5 minutes"),
        (timedelta(days=3, hours=4, minutes=5), "3 days 4 hours"),
    ],
)
def test_how_long_is_said_in_two_units(passed: timedelta, words: str) -> None:
    assert how_long(passed) == words


def test_every_event_of_the_contract_has_its_words() -> None:
    newest = {fact for fact in REGISTRY.values() if fact not in UPGRADES}

    assert set(WORDING) == newest


@pytest.mark.parametrize("fact_class", WORDING, ids=lambda each: each.type)
def test_every_wording_function_words_a_whole_fact(fact_class: type) -> None:
    sentence = sentence_of(a_fact(fact_class), name)

    assert sentence.title
    assert sentence.title[0].isupper()
    for said in (sentence.title, *sentence.details):
        assert "None" not in said
        assert "  " not in said


def a_fact(fact_class: type) -> Any:
    """Build a fact from its type hints: the first code of each list, one of everything."""
    hints = get_type_hints(fact_class, include_extras=True)
    return fact_class(**{each.name: a_value(hints[each.name]) for each in fields(fact_class)})


def a_value(hint: Any) -> Any:
    args = [each for each in get_args(hint) if each is not type(None)]
    if type(None) in get_args(hint):
        return a_value(args[0])
    if getattr(hint, "__origin__", None) is tuple:
        return (a_value(args[0]),)
    if args and args[0] is str:
        return "CH-B1VE0-TEAP0"
    plain: dict[Any, Any] = {int: 1, bool: True, datetime: in_london("2026-11-23T09:10")}
    if hint in plain:
        return plain[hint]
    if hasattr(hint, "__members__"):
        return next(iter(hint))
    return a_fact(hint)


def test_the_line_reads_as_a_person_would_say_it() -> None:
    titles = [sentence_of(fact_of(each), name).title for each in in_order(a_kept_line())]

    assert titles == [
        "Referral received from a school",
        "Threshold decided: strategy meeting",
        "Case opened for a strategy meeting",
        "Strategy meeting 1 called for 23 November 2026, 12:00",
        "Strategy meeting 1 held, led by Sam Saucer",
        "Allocated to Bo Biscuit, social worker",
        "Child seen, alone",
        "Child seen, alone",
    ]


def test_every_referral_source_has_words_of_its_own() -> None:
    assert all(not words(each)[0].isdigit() for each in ReferralSource)


def test_a_promise_kept_after_it_was_due_is_said_to_be_late() -> None:
    due = in_london("2026-11-24T17:00")
    said = ClockMet(
        clock=Clock.DECISION,
        child=None,
        started_at=in_london("2026-11-23T09:10"),
        due_at=due,
        occurred_at=due + timedelta(minutes=1),
    )

    assert sentence_of(said, name).title == "Done late: threshold decision"
    assert sentence_of(replace(said, occurred_at=due), name).title == (
        "Done in time: threshold decision"
    )


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-10-25T00:30:00+00:00", "25 October 2026, 01:30 BST"),
        ("2026-10-25T01:30:00+00:00", "25 October 2026, 01:30 GMT"),
    ],
)
def test_a_moment_in_the_hour_that_comes_twice_says_which(at: str, said: str) -> None:
    assert moment(datetime.fromisoformat(at)) == said


def test_reasons_and_teams_are_said_by_name() -> None:
    fact = LeadAssigned(
        meeting=1,
        lead="s.saucer-demo",
        team="west-bromwich",
        rule=AssignmentRule.PATCH,
        reasons=("b.biscuit-demo: is on leave.", "s.saucer-demo is on duty.", "The patch fits."),
        acknowledge_by=in_london("2026-11-23T12:00"),
    )

    details = sentence_of(fact, name).details

    assert details[0].startswith("Team West Bromwich:")
    assert details[1:4] == (
        "Bo Biscuit: is on leave.",
        "Sam Saucer is on duty.",
        "The patch fits.",
    )


def test_an_event_of_a_later_release_is_shown_and_not_dropped() -> None:
    assert "referral.closed, version 7" in unknown_event("referral.closed", 7).title


def test_what_is_held_is_counted_by_stream() -> None:
    held = sequences_of(a_kept_line())

    assert {stream: len(each) for stream, each in held.items()} == {
        "referral:MASH-TEAP0-KETT1": 2,
        "strategy:MASH-TEAP0-KETT1": 6,
    }
