"""Names, addresses and codes of the form, on both forms, and how the record shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.referral.domain.codes import ANONYMOUS, NOT_KNOWN, AskedBy, PrimaryNeed
from services.referral.domain.referral import Referral, received_fact
from services.referral.domain.report import Report
from services.referral.pages.answers import sections_of
from services.referral.schemas import ReferralIn
from shared.states import from_stored, to_stored
from tests.builders import (
    a_child,
    a_public_referral,
    a_referral,
    an_unborn_child,
    an_urgent_referral,
    without,
)
from tests.unit.referral.worlds import a_received_referral

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def faults(body: Any) -> dict[str, Any]:
    return ReferralIn(now=NOW).validate(body)


def report(body: Any) -> Report:
    loaded: Report = ReferralIn(now=NOW).load(body)["report"]
    return loaded


def shown(referral: Referral) -> dict[str, str]:
    """Every question of the record page with its answer."""
    return {label: answer for part in sections_of(referral) for label, answer in part.rows}


@pytest.mark.parametrize("make", [a_referral, an_urgent_referral])
def test_a_home_address_has_its_postcode_and_since_when_or_not_known(make: Any) -> None:
    bare = make(children=[without(a_child(sex="female"), "postcode", "how_long")])
    unknown = a_child(postcode="not known", how_long="Do not know.")

    found = faults(bare)
    (child,) = report(make(children=[unknown])).children

    assert set(found["children"][0]) == {"postcode", "how_long"}
    assert all("“not known”" in told for (told,) in found["children"][0].values())
    assert (child.postcode, child.how_long, child.area) == (NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)


@pytest.mark.parametrize("kind", ["no-fixed-address", "not-known"])
def test_without_a_home_address_nothing_more_is_asked_about_it(kind: str) -> None:
    child = without(a_child(address_kind=kind), "address", "postcode", "how_long")

    assert faults(a_referral(children=[child])) == {}


def test_other_names_are_kept_on_both_forms() -> None:
    child = a_child(known_as="Bluey", previous_names="Blue Coffeepot")

    for make in (a_referral, an_urgent_referral):
        (told,) = report(make(children=[child])).children
        assert (told.known_as, told.previous_names) == ("Bluey", "Blue Coffeepot")


NAMELESS = without(
    an_unborn_child(address_kind=NOT_KNOWN), "last_name", "address", "postcode", "how_long"
)


@pytest.mark.parametrize("make", [a_referral, an_urgent_referral])
def test_an_unborn_child_that_nobody_could_find_is_refused_with_the_remedy(make: Any) -> None:
    found = faults(make(children=[NAMELESS]))

    assert set(found["children"][0]) == {"last_name"}
    (told,) = found["children"][0]["last_name"]
    for remedy in ("a name", "whose child it is", "the home address", "cannot be found"):
        assert remedy in told


@pytest.mark.parametrize(
    "known",
    [
        {"last_name": "Teapot"},
        {"first_names": "Blue"},
        {"known_as": "Baby Teapot"},
        {"description": "Aunt Kettle is expecting"},
        {"address_kind": "address", "address": "1 Invented Street", "postcode": NOT_KNOWN},
    ],
)
def test_any_one_thing_to_find_an_unborn_child_by_is_enough(known: dict[str, Any]) -> None:
    assert faults(a_referral(children=[{**NAMELESS, "how_long": NOT_KNOWN, **known}])) == {}


def test_who_asked_is_asked_where_somebody_did() -> None:
    assert set(faults(without(a_referral(), "asked_by"))) == {"asked_by"}
    assert faults(without(a_public_referral(), "asked_by")) == {}
    assert report(a_referral(asked_by="colleague")).family.asked_by is AskedBy.COLLEAGUE


def test_the_primary_need_is_a_code_of_the_census_or_not_stated() -> None:
    found = faults(a_referral(primary_need="N9"))

    assert set(faults(without(a_referral(), "primary_need"))) == {"primary_need"}
    assert found["primary_need"][0].endswith(f"Use one of: {', '.join(PrimaryNeed)}")
    assert to_stored(report(a_referral(primary_need="N3")))["worries"]["primary_need"] == "N3"
    assert report(a_referral(primary_need="N0")).worries.primary_need is PrimaryNeed.NOT_STATED


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Mx Saucer", "Mx Saucer"), ("Anonymous", ANONYMOUS), ("not known", NOT_KNOWN)],
)
def test_somebody_else_who_told_is_named_or_anonymous(typed: str, kept: str) -> None:
    body = a_referral(how_you_know=["saw-it", "someone-else"])

    assert faults(body) == {"told_by": ["Enter the name of whoever told you, or “anonymous”"]}
    assert report({**body, "told_by": typed}).worries.told_by == kept


def test_the_urgent_form_asks_for_none_of_what_can_follow() -> None:
    told = report(an_urgent_referral(how_you_know=["someone-else"], happened_on="2026-11-20"))

    assert (told.worries.primary_need, told.worries.told_by, told.family.asked_by) == (None,) * 3


NEW_FIELDS = {
    "family": ("asked_by", "reason_assumed"),
    "worries": ("primary_need", "told_by"),
    "referrer": ("reach_until",),
}


def test_a_record_of_the_earlier_form_still_loads() -> None:
    stored = to_stored(a_received_referral())
    for section, names in NEW_FIELDS.items():
        for name in names:
            del stored["report"][section][name]
    for child in (*stored["report"]["children"], *(each["told"] for each in stored["children"])):
        del child["previous_names"], child["how_long"]
    stored["report"]["worries"]["happened_at"] = "Saturday night"
    stored["schema_version"] = 1

    loaded = from_stored(stored, Referral)

    assert loaded.schema_version == 1
    assert loaded.report.worries.happened_at == "Saturday night"
    assert shown(loaded)["Time of the latest incident"] == "Saturday night"
    assert loaded.report.children[0].how_long is None


def test_the_record_shows_what_was_answered_and_says_what_was_assumed() -> None:
    rows = shown(
        a_received_referral(
            children=[a_child(previous_names="Blue Coffeepot", postcode=NOT_KNOWN)],
            how_you_know=["someone-else"],
            told_by=ANONYMOUS,
            happened_at=NOT_KNOWN,
            reach_until="17:30",
            immediate_danger="yes",
            agreement="not-asked",
        )
    )

    assert rows["Previous names"] == "Blue Coffeepot"
    assert rows["Postcode"] == "Not known"
    assert rows["How long has the child lived there?"] == "Since birth"
    assert rows["Who asked them?"] == "I did"
    assert rows["What lies behind it most of all?"] == "Abuse, neglect and exploitation (N1)"
    assert rows["If somebody else told you, who was it?"] == "Anonymous"
    assert rows["Time of the latest incident"] == "Not known"
    assert rows["Until what time can we reach you on it today?"] == "17:30"
    why = rows["If they were not told or asked, why not?"]
    assert why.startswith("Waiting to ask would be unsafe. The referrer gave no reason")


def test_nothing_of_the_new_answers_is_in_the_event() -> None:
    fact = received_fact(
        a_received_referral(
            children=[a_child(previous_names="Blue Coffeepot", how_long="Since the flood")],
            how_you_know=["someone-else"],
            told_by="Mx Saucer",
        )
    )

    for personal in ("Coffeepot", "flood", "Saucer", "08:40"):
        assert personal not in str(fact)
