"""Every rule at its border, and what every rule must bring with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.watch.alarms import RULE_OF, RULES, Measure, Reading, Rule, Unit, alarms_of

RUNBOOKS = Path(__file__).parents[3] / "deploy" / "runbooks"
SINCE = datetime(2026, 11, 23, 10, 42, tzinfo=UTC)
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.measure.value)


@every_rule
def test_at_its_limit_nothing_is_wrong_and_beyond_it_something_is(rule: Rule) -> None:
    at_the_limit = Reading(measure=rule.measure, value=rule.limit)
    beyond = Reading(measure=rule.measure, value=rule.limit + 0.001, since=SINCE)

    assert alarms_of([at_the_limit]) == ()
    (alarm,) = alarms_of([at_the_limit, beyond])
    assert alarm.rule is rule
    assert alarm.reading.since == SINCE


def test_every_measure_has_one_rule() -> None:
    assert [rule.measure for rule in RULES] == list(Measure)
    assert len(RULE_OF) == len(RULES)


@every_rule
def test_every_rule_says_what_it_means_what_to_do_and_where_to_read_on(rule: Rule) -> None:
    assert (RUNBOOKS / f"{rule.runbook}.md").is_file()
    for words in (rule.title, rule.measured, rule.meaning, rule.remedy):
        assert words[0].isupper()
    assert rule.meaning.endswith(".")
    assert rule.remedy.endswith(".")


def test_what_a_person_must_see_within_a_minute_is_alarmed_within_a_minute() -> None:
    within_a_minute = {
        Measure.UNPUBLISHED,
        Measure.UNHEARD,
        Measure.PARKED,
        Measure.UNANNOUNCED,
        Measure.SILENT,
    }

    for rule in RULES:
        if rule.measure in within_a_minute:
            assert rule.limit <= (60 if rule.unit is Unit.SECONDS else 0)


def test_two_subjects_of_one_measure_are_two_alarms_in_the_order_of_the_rules() -> None:
    readings = [
        Reading(measure=Measure.SILENT, value=90, subject="relay"),
        Reading(measure=Measure.SILENT, value=90, subject="consumer"),
        Reading(measure=Measure.UNPUBLISHED, value=61),
        Reading(measure=Measure.PARKED, value=1, subject="not-intact"),
    ]

    assert [alarm.key for alarm in alarms_of(readings)] == [
        "unpublished",
        "parked:not-intact",
        "silent:consumer",
        "silent:relay",
    ]
