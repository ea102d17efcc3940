"""What was typed outlives the session: it is handed back and is sent again by one press."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.support.pages import Page, PageClient
from tests.unit.web.world import PASSWORD, toy_app

MANAGER = "m.okoro-demo"
TYPED: dict[str, Any] = {
    "concerns": ["physical", "neglect"],
    "told": "yes",
    "worry": 'First line\nof a "made-up" <worry>',
    "children-0-first_names": "Wilhelmina",
    "children-0-date_of_birth-day": "27",
    "children-0-date_of_birth-month": "3",
    "children-0-date_of_birth-year": "2019",
}
SIGNED_OUT = "You were signed out. Nothing was sent yet. Sign in to send it"


def client_with_a_form() -> tuple[PageClient, dict[str, Any]]:
    """A browser with the form open, and everything that the form would send."""
    client = PageClient(toy_app()).acting_as(MANAGER)
    return client, {**client.get("/toy/worry").answers(), **TYPED}


def posted(client: PageClient, path: str, data: dict[str, Any], **headers: str) -> Page:
    return Page(client.client.post(path, data=data, headers=headers), path)


def test_a_form_from_before_the_session_changed_is_handed_back_and_sent_by_one_press() -> None:
    client, typed = client_with_a_form()
    client.acting_as(MANAGER)

    page = posted(client, "/toy/worry?step=2", typed)

    assert (page.status, page.h1) == (400, "This was not sent yet")
    assert page.form().get("action") == "/toy/worry?step=2"
    assert page.answers() == {**TYPED, "csrf_token": page.typed("csrf_token")}
    assert page.typed("csrf_token") != typed["csrf_token"]
    assert [button.text.strip() for button in page.form().all("button")] == ["Send it now"]
    assert "Saved" in client.send(page).text


def test_a_form_sent_after_signing_out_is_sent_after_signing_in_again() -> None:
    client, typed = client_with_a_form()
    client.client.delete_cookie("golden-thread")

    page = posted(client, "/toy/worry", typed)
    refused = client.send(page, {"name": MANAGER, "password": "wrong"})
    again = client.send(refused, {"name": MANAGER, "password": PASSWORD}, follow=False)

    assert (page.status, page.h1) == (401, "Sign in")
    assert SIGNED_OUT in page.text
    assert SIGNED_OUT in refused.text
    assert page.form().get("action") == "/toy/sign-in?next=/toy/worry"
    assert (again.status, again.h1) == (400, "This was not sent yet")
    assert again.answers() == {**TYPED, "csrf_token": again.typed("csrf_token")}
    assert "Saved" in client.send(again).text


def test_somebody_who_signed_in_in_another_tab_meanwhile_loses_nothing() -> None:
    client, typed = client_with_a_form()
    client.client.delete_cookie("golden-thread")
    page = posted(client, "/toy/worry", typed)
    client.acting_as(MANAGER)

    again = client.send(page, {"name": MANAGER, "password": PASSWORD}, follow=False)

    assert (again.status, again.h1) == (400, "This was not sent yet")
    assert again.answers() == {**TYPED, "csrf_token": again.typed("csrf_token")}
    assert PASSWORD not in again.html


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("signed_in", [True, False])
def test_nothing_that_another_site_sent_is_handed_back(site: str, signed_in: bool) -> None:
    client, typed = client_with_a_form()
    client.client.delete_cookie("golden-thread")
    if signed_in:
        client.acting_as(MANAGER)

    page = posted(client, "/toy/worry", typed, **{"Sec-Fetch-Site": site})

    assert (page.status, page.h1) == (400, "We could not check that you sent this")
    assert "Wilhelmina" not in page.html


def test_a_password_is_never_handed_back() -> None:
    client = PageClient(toy_app()).acting_as(MANAGER)

    page = posted(client, "/toy/sign-in", {"name": MANAGER, "password": PASSWORD})

    assert page.status == 400
    assert PASSWORD not in page.html


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", ""])
def test_what_was_typed_is_sent_nowhere_but_to_a_page_of_this_site(target: str) -> None:
    client = PageClient(toy_app())
    token = client.get("/toy/sign-in").typed("csrf_token")
    sent = {"name": MANAGER, "password": PASSWORD, "unsent-worry": "x", "csrf_token": token}

    answer = client.client.post("/toy/sign-in", query_string={"next": target}, data=sent)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/referral/inbox")


def test_a_stranger_cannot_make_the_sign_in_page_carry_a_large_form() -> None:
    page = posted(PageClient(toy_app()), "/toy/worry", {"worry": "x" * 300_000})

    assert (page.status, page.h1) == (413, "That is too long")


def test_what_was_typed_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client, typed = client_with_a_form()
    client.client.delete_cookie("golden-thread")

    page = posted(client, "/toy/worry", typed)
    client.send(page, {"name": MANAGER, "password": PASSWORD})

    assert "Wilhelmina" not in "".join(str(record.__dict__) for record in caplog.records)
