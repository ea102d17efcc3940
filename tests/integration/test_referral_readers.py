"""Who reads a referral, what a reader may open from it, and who is named in it."""

from __future__ import annotations

import pytest

from tests.builders import a_decision, a_referral
from tests.conftest import MakeSettings
from tests.support.referral import ReferralDesk, open_desk

SOCIAL_CARE = ("worker-demo", "team-demo")
STATUTORY = ("strategy-meeting", "single-assessment")
EARLY_HELP = a_decision(outcome="early-help", child_protection_concerns=False, threshold_level=2)


@pytest.fixture
def desk(make_settings: MakeSettings) -> ReferralDesk:
    return open_desk(make_settings())


def decided(desk: ReferralDesk, decision: dict[str, object]) -> str:
    ref = desk.sent(a_referral())
    answer = desk.post("manager-demo", f"/referrals/{ref}/decision", decision)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return ref


@pytest.mark.parametrize("person", SOCIAL_CARE)
def test_social_care_reads_no_referral_that_did_not_come_to_it(
    desk: ReferralDesk, person: str
) -> None:
    unknown = desk.call(person, "GET", "/referrals/MASH-00000-00000")

    for ref in (desk.sent(a_referral()), decided(desk, EARLY_HELP)):
        page = desk.browser(person).get(f"/referral/referrals/{ref}", status=404)
        answer = desk.call(person, "GET", f"/referrals/{ref}")
        assert "Teapot" not in page.html
        assert answer.status_code == unknown.status_code == 404
        assert answer.json["detail"] == unknown.json["detail"]


@pytest.mark.parametrize("person", SOCIAL_CARE)
@pytest.mark.parametrize("outcome", STATUTORY)
def test_social_care_reads_what_came_to_it(desk: ReferralDesk, person: str, outcome: str) -> None:
    ref = decided(desk, a_decision(outcome=outcome))

    page = desk.browser(person).get(f"/referral/referrals/{ref}")

    assert "Teapot" in page.text
    assert desk.call(person, "GET", f"/referrals/{ref}").status_code == 200


@pytest.mark.parametrize("person", [*SOCIAL_CARE, "auditor-demo"])
def test_nobody_but_the_hub_reads_through_one_referral_what_an_earlier_one_says(
    desk: ReferralDesk, person: str
) -> None:
    earlier, ref = decided(desk, EARLY_HELP), decided(desk, a_decision())

    shown = desk.call(person, "GET", f"/referrals/{ref}")
    page = desk.browser(person).get(f"/referral/referrals/{ref}")

    assert shown.status_code == 200
    assert earlier not in shown.get_data(as_text=True)
    assert earlier not in page.text
    hub = desk.call("practitioner-demo", "GET", f"/referrals/{ref}").json
    assert [each["known_case"] for each in hub["possible_earlier_referrals"]] == [earlier]


@pytest.mark.parametrize("person", ["practitioner-demo", "manager-demo", "auditor-demo"])
def test_the_hub_and_the_auditor_read_every_referral(desk: ReferralDesk, person: str) -> None:
    ref = desk.sent(a_referral())

    desk.browser(person).get(f"/referral/referrals/{ref}")

    assert desk.call(person, "GET", f"/referrals/{ref}").status_code == 200


def test_the_record_leads_to_the_case_in_strategy_for_those_who_may_open_it(
    desk: ReferralDesk,
) -> None:
    strategy, early = decided(desk, a_decision()), decided(desk, EARLY_HELP)
    address = f"/strategy/cases/{strategy}"

    for person in (*SOCIAL_CARE, "manager-demo"):
        record = desk.browser(person).get(f"/referral/referrals/{strategy}")
        assert address in record.links.values()
    for person, ref in (
        ("practitioner-demo", strategy),
        ("auditor-demo", strategy),
        ("manager-demo", early),
    ):
        assert "/strategy/" not in desk.browser(person).get(f"/referral/referrals/{ref}").text
        links = desk.browser(person).get(f"/referral/referrals/{ref}").links.values()
        assert not [link for link in links if link.startswith("/strategy/")]


def test_the_record_says_who_decided_by_name(desk: ReferralDesk) -> None:
    ref = decided(desk, a_decision())

    record = desk.browser("practitioner-demo").get(f"/referral/referrals/{ref}")

    assert "by Max Manager" in record.text
    assert "manager-demo" not in record.text


def test_a_second_decision_names_who_made_the_first(desk: ReferralDesk) -> None:
    ref = desk.sent(a_referral())
    browser = desk.browser("manager-demo")
    typed = {**a_decision(), "child_protection_concerns": "yes", "threshold_level": "4"}
    page = browser.get(f"/referral/referrals/{ref}/decision")
    browser.send(page, typed, form="/decision")

    second = browser.send(page, typed, form="/decision")
    by_api = desk.post("manager-demo", f"/referrals/{ref}/decision", a_decision())

    assert second.status == 409
    assert "decided already by Max Manager at 10:00" in second.errors[0]
    assert "decided already by manager-demo at 10:00" in by_api.json["detail"]
