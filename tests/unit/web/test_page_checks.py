"""The page client finds each fault it is there to find."""

from __future__ import annotations

import pytest

from tests.support.pages import PageClient, PageIsWrong, check_page
from tests.unit.web.world import toy_app

GOOD = (
    '<html lang="en"><head><title>Worry – Golden Thread</title></head><body>'
    '<main id="main"><h1>Worry</h1><a href="/audit/cases/MASH-7K3M9-Q2FX4?type=x">case</a>'
    '<form method="post" action="/toy/worry"><input type="hidden" name="csrf_token" value="t">'
    '<label for="a">A</label><input id="a" name="a"></form></main></body></html>'
)


def test_a_good_page_passes() -> None:
    assert check_page(GOOD).one("h1").text == "Worry"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<h1>Worry</h1>", "<h2>Worry</h2>", "0 h1"),
        ("<h1>Worry</h1>", "<h1>Worry</h1><h1>Again</h1>", "2 h1"),
        ("<title>Worry", "<title>Something else", "must begin with the h1"),
        ("<title>Worry", "<title>Error: Worry", "exactly when"),
        ("<h1>", '<div class="govuk-error-summary"></div><h1>', "exactly when"),
        ('<label for="a">A</label>', "", "has no label"),
        ('method="post" ', "", "method and action"),
        ('<input type="hidden" name="csrf_token" value="t">', "", "csrf_token"),
        ("<h1>", "<script>1</script><h1>", "nonce"),
        ("<h1>", '<p style="color:red">x</p><h1>', "inline style"),
        ("<h1>", "<style>p{}</style><h1>", "app.css"),
        ("<h1>", '<p onclick="x()">x</p><h1>', "inline handler"),
        ("<h1>", '<p id="a">x</p><h1>', "stands 2 times"),
        ("<h1>", '<a href="#nowhere">x</a><h1>', "leads nowhere"),
        ("<h1>", '<p aria-describedby="gone">x</p><h1>', "leads nowhere"),
        ("<h1>", '<img src="/x.png"><h1>', "no alt text"),
        ("<h1>", '<img alt="" src="https://cdn.example/x.png"><h1>', "from outside"),
        ("MASH-7K3M9-Q2FX4", "Wilhelmina%20Fictional", "something personal"),
        ("?type=x", "?name=Wilhelmina", "something personal"),
        ('method="post" action="/toy/worry"', 'method="get" action="/toy"', ""),
    ],
)
def test_each_fault_is_told(old: str, new: str, told: str) -> None:
    assert old in GOOD
    page = GOOD.replace(old, new)
    if not told:
        check_page(page)
        return

    with pytest.raises(PageIsWrong, match=told):
        check_page(page)


def test_a_name_asked_for_by_get_would_stand_in_the_address() -> None:
    page = GOOD.replace("post", "get").replace('name="a"', 'name="child_name"')

    with pytest.raises(PageIsWrong, match="stand in the address"):
        check_page(page)


def test_a_form_is_sent_as_it_stands_with_the_answers_changed() -> None:
    client = PageClient(toy_app()).acting_as("m.okoro-demo")

    wrong = client.send(
        client.get("/toy/worry"), {"worry": "<script>alert(1)</script>", "concerns": ["physical"]}
    )
    again = client.send(
        wrong,
        {
            "told": "no",
            "children-0-first_names": "Wilhelmina",
            "children-0-date_of_birth-day": "27",
            "children-0-date_of_birth-month": "March",
            "children-0-date_of_birth-year": "2019",
        },
    )

    assert wrong.status == 422
    assert wrong.errors == [
        "Select an answer to “Have you told the parents?”",
        "Enter first names",
        "Enter date of birth",
    ]
    assert wrong.typed("worry") == "<script>alert(1)</script>"
    assert "<script>alert" not in wrong.html
    assert "Saved" in again.text


def test_a_broken_rule_is_shown_in_its_form_with_everything_kept() -> None:
    client = PageClient(toy_app()).acting_as("m.okoro-demo")
    answers = {
        "concerns": ["physical", "neglect"],
        "told": "yes",
        "worry": "break the rule",
        "children-0-first_names": "Wilhelmina",
        "children-0-date_of_birth-day": "27",
        "children-0-date_of_birth-month": "3",
        "children-0-date_of_birth-year": "2019",
    }

    page = client.send(client.get("/toy/worry"), answers)

    assert page.errors == ["Leave the rule alone"]
    assert {name: page.typed(name) for name in answers} == answers
