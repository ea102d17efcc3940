"""The referral form: what blocks, what does not, and in which words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.referral.domain.codes import NOT_KNOWN
from services.referral.domain.report import Report
from services.referral.schemas import ReferralIn
from shared.events.codes import Agreement, Concern, ReferralSource
from tests.builders import (
    FICTIONAL_NAMES,
    TEST_NHS_NUMBER,
    a_child,
    a_public_referral,
    a_referral,
    a_sibling,
    an_alleged_injury,
    an_unborn_child,
    an_urgent_referral,
    without,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def faults(body: Any, now: datetime = NOW) -> dict[str, Any]:
    return ReferralIn(now=now).validate(body)


def report(body: Any) -> Report:
    loaded: Report = ReferralIn(now=NOW).load(body)["report"]
    return loaded


@pytest.mark.parametrize(
    "body",
    [
        a_referral(),
        a_referral(children=[a_child(), a_sibling(), an_unborn_child()]),
        an_urgent_referral(),
        an_alleged_injury(),
        a_public_referral(),
    ],
)
def test_a_complete_referral_is_taken(body: dict[str, Any]) -> None:
    assert faults(body) == {}


def test_every_fault_is_told_at_once() -> None:
    found = faults({"children": [{}], "worry_text": "short"})

    assert found["immediate_danger"] == ["Select whether the child is in immediate danger now"]
    assert found["children"][0]["born"] == ["Select whether the child is born yet"]
    assert "at least 40 characters" in found["worry_text"][0]
    assert found["ref_phone"] == ["Enter a telephone number we can reach you on today"]


def test_an_unknown_field_is_refused_and_named() -> None:
    found = faults(a_referral(favourite_colour="blue", children=[a_child(shoe_size="3")]))

    assert "“favourite_colour” is not a field of this form" in found["favourite_colour"][0]
    assert "“shoe_size” is not a field" in found["children"][0]["shoe_size"][0]


def test_a_wrong_code_is_answered_with_the_codes_there_are() -> None:
    found = faults(a_referral(categories=["teapot"], main_category="teapot"))

    for told in (found["categories"][0][0], found["main_category"][0]):
        assert told.endswith(f"Use one of: {', '.join(Concern)}")


def test_an_unknown_field_named_after_a_person_is_not_repeated_in_words() -> None:
    found = faults(a_referral(**{"Blue Teapot": "x"}))

    assert "Teapot" not in found["Blue Teapot"][0]


def test_no_fault_repeats_what_was_typed() -> None:
    body = a_referral(
        children=[a_child(postcode="Teapot", nhs_number="Kettle", date_of_birth="Biscuit")],
        agreement="Saucer",
        ref_email="Teapot",
        going_home_at="Kettle",
        submission_id="Biscuit",
    )

    told = str(faults(body))

    assert not [name for name in FICTIONAL_NAMES if name in told]


def test_a_body_that_is_no_object_is_refused_in_words() -> None:
    assert faults(["a", "list"]) == {"_schema": ["Send an object with the fields of the form"]}


def test_a_narrative_of_a_megabyte_is_refused_with_its_limit() -> None:
    found = faults(a_referral(worry_text="a" * 1_000_000))

    assert found == {
        "worry_text": [
            "What you are worried about must be 5,000 characters or fewer. You entered 1,000,000"
        ]
    }


def test_a_narrative_of_just_the_limit_is_taken() -> None:
    assert faults(a_referral(worry_text="a" * 5_000)) == {}


@pytest.mark.parametrize(
    "typed", ["2026-02-30", "yesterday", {"day": "31", "month": "2", "year": "2017"}]
)
def test_a_date_that_is_not_one_is_refused(typed: Any) -> None:
    found = faults(a_referral(children=[a_child(date_of_birth=typed)]))

    assert found == {"children": {0: {"date_of_birth": ["Date of birth must be a real date"]}}}


def test_a_birth_date_in_the_future_is_refused() -> None:
    found = faults(a_referral(children=[a_child(date_of_birth="2026-11-21")]))

    assert found == {"children": {0: {"date_of_birth": ["Date of birth must be in the past"]}}}


def test_a_child_born_today_in_london_is_taken_before_midnight_in_utc() -> None:
    summer_evening = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # 00:30 on 2 July in London
    born_today = a_child(date_of_birth="2026-07-02")
    body = a_referral(
        children=[born_today], happened_on="2026-07-01", asked_when="2026-07-01T09:00:00+00:00"
    )

    assert faults(body, now=summer_evening) == {}


def test_an_adult_is_not_a_child() -> None:
    found = faults(a_referral(children=[a_child(date_of_birth="2000-01-01")]))

    assert "over 18" in found["children"][0]["date_of_birth"][0]


def test_not_known_is_an_answer_of_its_own() -> None:
    body = a_referral(
        where_child_now="Not known",
        children=[
            without(
                a_child(
                    estimated_age=NOT_KNOWN, address_kind=NOT_KNOWN, description="In a red coat"
                ),
                *("first_names", "last_name", "date_of_birth", "address", "postcode"),
            )
        ],
    )

    told = report(body)

    assert told.safety.where_child_now == NOT_KNOWN
    assert told.children[0].estimated_age == NOT_KNOWN
    assert told.children[0].area == "not-known"


def test_a_child_needs_a_name_or_a_description() -> None:
    found = faults(a_referral(children=[without(a_child(), "first_names", "last_name")]))

    assert set(found["children"][0]) == {"first_names", "last_name"}


def test_an_unborn_child_needs_an_expected_date_and_no_name() -> None:
    found = faults(a_referral(children=[without(an_unborn_child(), "expected_date", "last_name")]))

    assert found == {
        "children": {0: {"expected_date": ["Enter the date the child is expected to be born"]}}
    }


def test_an_unborn_child_is_expected_within_ten_months() -> None:
    found = faults(a_referral(children=[an_unborn_child(expected_date="2027-12-01")]))

    assert "within the next 10 months" in found["children"][0]["expected_date"][0]


@pytest.mark.parametrize("typed", ["b70 0aa", "B700AA", " b7 00Aa "])
def test_a_postcode_is_tidied_and_gives_the_area(typed: str) -> None:
    (child,) = report(a_referral(children=[a_child(postcode=typed)])).children

    assert (child.postcode, child.area) == ("B70 0AA", "B70")


@pytest.mark.parametrize("typed", ["B70", "West Bromwich", "B70 0A4", "٣٣٣ 3AA"])
def test_what_has_not_the_shape_of_a_postcode_is_refused(typed: str) -> None:
    found = faults(a_referral(children=[a_child(postcode=typed)]))

    assert "Enter a full postcode" in found["children"][0]["postcode"][0]


def test_an_nhs_number_is_checked_by_its_last_digit() -> None:
    right = a_child(
        nhs_number=f"{TEST_NHS_NUMBER[:3]} {TEST_NHS_NUMBER[3:6]} {TEST_NHS_NUMBER[6:]}"
    )
    wrong = a_child(nhs_number="9990000017")

    assert faults(a_referral(children=[right])) == {}
    assert "NHS number" in faults(a_referral(children=[wrong]))["children"][0]["nhs_number"][0]


def test_the_urgent_form_is_blocked_by_the_urgent_questions_only() -> None:
    found = faults({"urgent": True, "children": [{}]})

    assert set(found) == {
        *("submission_id", "immediate_danger", "where_child_now", "children", "categories"),
        *("worry_text", "ref_name", "ref_role", "ref_agency", "ref_phone"),
    }
    assert set(found["children"][0]) == {"born", "address_kind"}


def test_an_urgent_form_without_a_source_is_of_unknown_source() -> None:
    told = report(without(an_urgent_referral(), "referral_source"))

    assert told.referrer.referral_source is ReferralSource.UNKNOWN


@pytest.mark.parametrize(
    "route",
    [
        {"immediate_danger": "yes"},
        {"immediate_danger": "not-sure"},
        {"threshold_level": 4},
        {"categories": ["sexual", "neglect"]},
    ],
)
def test_missing_agreement_never_stops_a_child_protection_route(route: dict[str, Any]) -> None:
    body = without(a_referral(**route), "told_family", "agreement")

    assert faults(body) == {}


def test_missing_agreement_never_stops_an_alleged_injury() -> None:
    body = without(an_alleged_injury(agreement="not-asked", told_family=False), "asked_who")

    assert faults(body) == {}


def test_below_child_protection_the_family_question_is_asked() -> None:
    found = faults(without(a_referral(), "told_family", "agreement"))

    assert set(found) == {"told_family", "agreement"}


def test_not_asking_needs_a_reason_and_what_is_behind_it() -> None:
    body = a_referral(told_family=False, agreement="not-asked", not_asked_detail="Too short.")

    found = faults(body)

    assert set(found) == {"not_asked_reason", "not_asked_detail"}
    assert "at least 40 characters" in found["not_asked_detail"][0]


def test_having_no_answer_yet_needs_a_date_to_ask_again() -> None:
    body = a_referral(
        agreement="no-answer-yet",
        not_asked_reason="could-not-reach",
        not_asked_detail="Rang at 09:10 and at 12:40 on Thursday, left a message, no answer.",
    )

    assert set(faults(body)) == {"will_ask_by"}
    assert faults({**body, "will_ask_by": "2026-11-23"}) == {}


def test_refusal_is_no_obstacle_but_their_words_are_kept() -> None:
    refused = a_referral(agreement="did-not-agree")

    assert set(faults(refused)) == {"parent_views"}
    told = report({**refused, "parent_views": "“That is our own business.”"})
    assert told.family.agreement is Agreement.DID_NOT_AGREE


def test_a_time_asked_that_lies_in_the_future_is_refused() -> None:
    found = faults(a_referral(asked_when="2026-11-20T10:01:00+00:00"))

    assert found == {"asked_when": ["The time you asked must be in the past"]}


def test_an_alleged_injury_is_described() -> None:
    found = faults(a_referral(categories=["physical"], main_category="physical"))

    assert set(found) == {
        *("injury_where", "injury_description", "injury_explanation"),
        *("injury_mobile", "injury_medical_seen"),
    }


def test_a_school_says_whether_the_child_goes_home_to_the_risk() -> None:
    assert set(faults(without(a_referral(), "going_home"))) == {"going_home"}
    assert set(faults(without(a_referral(), "going_home_at"))) == {"going_home_at"}
    assert faults(without(a_referral(referral_source="6"), "going_home", "going_home_at")) == {}


def test_the_childs_words_or_why_not() -> None:
    body = without(a_referral(), "childs_words")

    assert set(faults(body)) == {"childs_words"}
    assert faults({**body, "childs_words_why_not": "Six weeks old."}) == {}


def test_the_main_worry_is_one_of_those_ticked() -> None:
    assert set(faults(a_referral(main_category="sexual"))) == {"main_category"}


def test_a_member_of_the_public_may_stay_unnamed_and_a_professional_may_not() -> None:
    assert faults(a_public_referral()) == {}
    assert set(faults(a_public_referral(anonymous=False))) == {"ref_name", "ref_phone"}
    assert set(faults(a_referral(anonymous=True))) == {"anonymous"}


def test_an_anonymous_source_is_anonymous() -> None:
    told = report(a_public_referral(referral_source="9", anonymous=None))

    assert told.referrer.anonymous


def test_the_declaration_is_made() -> None:
    assert set(faults(a_referral(declaration=False))) == {"declaration"}
    assert set(faults(without(a_referral(), "declaration"))) == {"declaration"}


def test_both_doors_give_the_same_report() -> None:
    typed = {
        **a_referral(),
        "urgent": "no",
        "told_family": "yes",
        "declaration": "yes",
        "threshold_level": "3",
        "happened_on": {"day": "19", "month": "11", "year": "2026"},
        "asked_when": {"day": "19", "month": "Nov", "year": "2026", "time": "9:10"},
        "children": [
            a_child(
                born="yes", date_of_birth={"day": "14", "month": "3", "year": "2017"}, known_as=" "
            )
        ],
        "ref_email": "",
        "will_ask_by": {"day": "", "month": "", "year": ""},
    }

    assert report(typed) == report(a_referral())


def test_answers_keep_their_kind() -> None:
    told = report(a_referral(categories=["neglect", "neglect", "emotional"]))

    assert told.worries.categories == (Concern.EMOTIONAL, Concern.NEGLECT)
    assert told.children[0].date_of_birth == date(2017, 3, 14)


def test_more_than_twenty_children_are_refused() -> None:
    assert faults(a_referral(children=[a_child()] * 21)) == {
        "children": ["Add from 1 to 20 children"]
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threshold_level", 2.5),
        ("threshold_level", float("inf")),
        ("threshold_level", True),
        ("ref_name", "half \ud800 a character"),
        ("asked_when", "9999-12-31T23:59:59-14:00"),
        ("worry_text", ["a list"]),
        ("immediate_danger", {}),
        ("declaration", "perhaps"),
    ],
)
def test_an_answer_of_the_wrong_kind_is_refused_in_the_words_of_its_question(
    field: str, value: object
) -> None:
    assert set(faults(a_referral(**{field: value}))) == {field}
