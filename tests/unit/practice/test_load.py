"""The table of time limits is checked before anything relies on it."""

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from shared.events.codes import Clock
from shared.practice import BadTimeLimits, Calendar, Kind, Per, load_time_limits

Edit = Callable[[dict[str, Any]], object]


def a_table(folder: Path, edit: Edit) -> Path:
    shipped = resources.files("shared.practice") / "data" / "time_limits.json"
    table = json.loads(shipped.read_text(encoding="utf-8"))
    edit(table)
    file = folder / "time_limits.json"
    file.write_text(json.dumps(table))
    return file


def row(table: dict[str, Any], code: str) -> dict[str, Any]:
    return next(each for each in table["limits"] if each["code"] == code)


def test_the_shipped_table_has_a_row_for_every_clock() -> None:
    limits = load_time_limits()

    (decision,) = limits.of(Clock.DECISION)
    (seen,) = limits.of(Clock.CHILD_SEEN)
    assert (decision.kind, decision.limit, decision.calendar) == (
        Kind.STATUTORY,
        1,
        Calendar.WORKING_DAYS,
    )
    assert seen.per is Per.CHILD
    assert seen.starts_on.anchored_on == "received_at"
    assert all(limit.source for limit in limits.limits)


def test_a_council_may_choose_a_reading_and_its_words_are_shown(tmp_path: Path) -> None:
    file = a_table(
        tmp_path,
        lambda table: table["readings"]["working_day_ends"].update(choice="midnight"),
    )

    assert "A working day ends at midnight." in load_time_limits(file).readings.words


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda t: row(t, "decision").update(limit=2), id="two working days"),
        pytest.param(
            lambda t: row(t, "decision").update(calendar="elapsed", limit=24),
            id="another calendar",
        ),
        pytest.param(lambda t: row(t, "decision").update(kind="local"), id="called local"),
        pytest.param(
            lambda t: row(t, "decision").update(
                cancelled_on=[{"event": "referral.referrer-informed"}]
            ),
            id="cancelled early",
        ),
        pytest.param(
            lambda t: row(t, "decision").update(stops_on={"event": "strategy.case-opened"}),
            id="stopped by something else",
        ),
        pytest.param(
            lambda t: row(t, "decision").update(effective_from="2026-01-01"),
            id="starts later",
        ),
        pytest.param(
            lambda t: row(t, "decision").update(effective_to="2030-01-01"),
            id="ends one day",
        ),
        pytest.param(
            lambda t: row(t, "decision")["starts_on"].update(when={"urgent": [True]}),
            id="only the urgent ones",
        ),
    ],
)
def test_a_statutory_limit_cannot_be_loosened(tmp_path: Path, edit: Edit) -> None:
    with pytest.raises(BadTimeLimits, match=r"statutory limit .* never looser"):
        load_time_limits(a_table(tmp_path, edit))


def test_a_statutory_limit_can_be_made_stricter(tmp_path: Path) -> None:
    file = a_table(
        tmp_path,
        lambda t: row(t, "decision").update(calendar="same-local-day", limit=0),
    )

    (decision,) = load_time_limits(file).of(Clock.DECISION)
    assert decision.calendar is Calendar.SAME_LOCAL_DAY


def test_a_limit_may_change_from_a_date_without_a_gap(tmp_path: Path) -> None:
    def change_in_2026(table: dict[str, Any]) -> None:
        stricter = {
            **row(table, "decision"),
            "calendar": "same-local-day",
            "limit": 0,
            "effective_from": "2026-01-01",
        }
        row(table, "decision")["effective_to"] = "2025-12-31"
        table["limits"].append(stricter)

    limits = load_time_limits(a_table(tmp_path, change_in_2026))

    assert len(limits.of(Clock.DECISION)) == 2


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            lambda t: row(t, "allocation").update(limit=-1, calendar="elapsed"),
            "whole numbers",
        ),
        (lambda t: row(t, "allocation").update(limit=3), "limit is 0 for the calendar"),
        (lambda t: row(t, "allocation").update(calendar="fortnights"), "fortnights"),
        (
            lambda t: row(t, "allocation")["stops_on"].update(event="strategy.done"),
            "no event",
        ),
        (
            lambda t: row(t, "allocation")["stops_on"].update(when={"colour": [1]}),
            "no field colour",
        ),
        (
            lambda t: row(t, "child-seen")["starts_on"].update(anchored_on="moon"),
            "no field moon",
        ),
        (lambda t: t["limits"].append(row(t, "allocation")), "another row"),
        (lambda t: t["limits"].remove(row(t, "allocation")), "no row for allocation"),
        (lambda t: t.update(hub_opens="18:00"), "hub_opens must be before"),
        (lambda t: t.pop("hub_closes"), "hub_closes"),
        (lambda t: t["readings"]["event_day"].update(choice="day-7"), "day-7"),
    ],
)
def test_a_wrong_table_is_refused_in_words(tmp_path: Path, edit: Edit, said: str) -> None:
    with pytest.raises(BadTimeLimits, match=said):
        load_time_limits(a_table(tmp_path, edit))


def test_a_table_that_is_not_json_or_not_there_is_refused_by_its_setting(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")

    for file in (broken, tmp_path / "absent.json"):
        with pytest.raises(BadTimeLimits, match="TIME_LIMITS_FILE"):
            load_time_limits(file)
