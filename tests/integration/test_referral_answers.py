"""What is wrong in an answer is told by both doors, on its field, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest

from services.referral.documents import ReferralDocument
from shared.database import collection_of
from tests.builders import WORRY, a_child, a_referral, an_alleged_injury, an_unborn_child, without
from tests.conftest import MakeSettings
from tests.integration.test_referral_pages import as_typed, send
from tests.support.referral import ReferralDesk, open_desk

NOBODY = without(
    an_unborn_child(address_kind="not-known"), "last_name", "address", "postcode", "how_long"
)
BAD: dict[str, dict[str, Any]] = {
    "happened_at": {"happened_at": "99:99 banana"},
    "happened_at later today": {"happened_on": "2026-11-20", "happened_at": "23:30"},
    "primary_need": {"primary_need": None},
    "asked_by": {"asked_by": None},
    "told_by": {"how_you_know": ["someone-else"]},
    "children/0/postcode": {"children": [a_child(postcode=None)]},
    "children/0/how_long": {"children": [a_child(how_long=None)]},
    "children/0/last_name": {"children": [NOBODY]},
}


@pytest.fixture
def desk(make_settings: MakeSettings) -> ReferralDesk:
    return open_desk(make_settings())


def test_both_doors_name_the_field_and_the_remedy_and_keep_what_was_typed(
    desk: ReferralDesk,
) -> None:
    for what, but in BAD.items():
        field = what.split(" ")[0]
        body = a_referral(**but)

        answer = desk.post("school-demo", "/referrals", body)
        page = send(desk.browser("school-demo"), body)

        (fault,) = answer.json["errors"]
        assert fault["pointer"].removeprefix("#/") == field
        assert page.errors == [fault["detail"]]
        assert f'href="#{field.replace("/", "-")}"' in page.html
        kept = {name: page.typed(name) for name in ("worry_text", "ref_phone")}
        assert kept == {"worry_text": WORRY, "ref_phone": "0121 496 0000"}
        for name, typed in as_typed(but).items():
            assert not isinstance(typed, str) or page.typed(name) == typed, name
    assert collection_of(ReferralDocument).count_documents({}) == 0


def test_both_doors_take_the_new_answers_and_staff_read_them(desk: ReferralDesk) -> None:
    body = an_alleged_injury(
        children=[a_child(known_as="Bluey", previous_names="Coffeepot", postcode="not known")],
        happened_at="8.40am",
        how_you_know=["someone-else"],
        told_by="anonymous",
        agreement="not-asked",
        reach_until="5pm",
    )
    by_api = desk.sent(body)
    by_page = send(desk.browser("school-demo"), body).path.split("/")[3]

    first, second = (desk.referrals.load(ref).state for ref in (by_api, by_page))
    whole = desk.call("practitioner-demo", "GET", f"/referrals/{by_page}").json
    record = desk.browser("practitioner-demo").get(f"/referral/referrals/{by_page}")

    assert first is not None
    assert second is not None
    assert first.report == second.report
    assert whole["report"]["worries"]["happened_at"] == "08:40"
    assert whole["report"]["worries"]["primary_need"] == "N1"
    assert whole["report"]["family"]["reason_assumed"] is True
    assert desk.events(by_api)[0].data["not_asked_reason"] == "unsafe-delay"
    for words in ("Coffeepot", "08:40", "17:00", "(N1)", "Anonymous", "gave no reason"):
        assert words in record.text
    assert "Coffeepot" not in str(desk.events(by_api))
