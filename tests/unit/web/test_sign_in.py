"""Signing in and out, and where each role begins."""

from __future__ import annotations

import logging

import pytest

from shared.auth import Accounts
from shared.events.codes import Role
from tests.support.pages import PageClient
from tests.unit.web.world import PASSWORD, account, new_toy_app, toy_app

MANAGER = "m.okoro-demo"


def test_signing_in_leads_home() -> None:
    answer = PageClient(toy_app()).sign_in(MANAGER, PASSWORD)

    assert (answer.status, answer.location) == (303, "/referral/inbox")


@pytest.mark.parametrize(
    ("role", "home"),
    [
        (Role.PARTNER, "/referral/referrals/new"),
        (Role.MASH_PRACTITIONER, "/referral/inbox"),
        (Role.MASH_MANAGER, "/referral/inbox"),
        (Role.TEAM_MANAGER, "/strategy/worklist"),
        (Role.SOCIAL_WORKER, "/strategy/my-visits"),
        (Role.AUDITOR, "/audit/cases"),
        (Role.ADMINISTRATOR, "/audit/cases"),
    ],
)
def test_each_role_begins_where_its_work_is(role: Role, home: str) -> None:
    client = PageClient(new_toy_app(accounts=Accounts([account("x-demo", role)])))

    assert client.sign_in("x-demo", PASSWORD).location == home


def test_signing_in_leads_back_to_the_page_that_was_asked_for() -> None:
    client = PageClient(toy_app())
    asked = client.client.get("/toy/worry").headers["Location"]

    page = client.send(client.get(asked), {"name": MANAGER, "password": PASSWORD})

    assert page.h1 == "Worry"


def test_a_wrong_password_says_so_keeps_the_name_and_not_the_password() -> None:
    page = PageClient(toy_app()).sign_in(MANAGER, "wrong")

    assert page.status == 422
    assert page.errors == ["Enter a sign-in name and password that belong together. Check both"]
    assert page.typed("name") == MANAGER
    assert page.typed("password") == ""


def test_an_unknown_name_reads_exactly_like_a_wrong_password() -> None:
    client = PageClient(toy_app())

    assert client.sign_in("nobody", "x").errors == client.sign_in(MANAGER, "x").errors


def test_empty_boxes_are_each_asked_for() -> None:
    page = PageClient(toy_app()).sign_in("", "")

    assert page.errors == ["Enter your sign-in name", "Enter your password"]


def test_signing_out_ends_the_session() -> None:
    app = toy_app()
    client = PageClient(app).acting_as(MANAGER)
    token = client.get("/toy/worry").answers()["csrf_token"]

    client.client.post("/toy/sign-out", data={"csrf_token": token})

    assert client.client.get("/toy/worry").status_code == 303


def test_a_session_begun_by_somebody_else_is_not_carried_into_a_sign_in() -> None:
    client = PageClient(toy_app())
    with client.client.session_transaction() as session:
        session["planted"] = "x"

    client.sign_in(MANAGER, PASSWORD)

    with client.client.session_transaction() as session:
        assert "planted" not in session
        assert session["person"] == MANAGER


def test_the_cookie_holds_the_reference_and_nothing_else() -> None:
    client = PageClient(toy_app())
    client.sign_in(MANAGER, PASSWORD)
    client.get("/toy/worry")

    with client.client.session_transaction() as session:
        assert set(session) == {"person", "csrf_token", "_permanent"}


@pytest.mark.parametrize("mode", ["embedded", "server"])
def test_the_cookie_is_kept_from_scripts_and_other_sites(mode: str) -> None:
    answer = toy_app(mode=mode).test_client().get("/toy/sign-in")

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert ("Secure" in cookie) is (mode == "server")
    assert cookie.startswith("__Host-golden-thread=" if mode == "server" else "golden-thread=")


def test_the_menu_shows_what_the_person_may_use() -> None:
    page = PageClient(toy_app()).acting_as(MANAGER).get("/toy/worry")

    items = [link.text for link in page.tree.one("nav").all("a")]
    assert items == ["Duty inbox", "Send a referral", "Worklist", "Timelines", "Operations"]


def test_somebody_signed_in_is_not_asked_again() -> None:
    answer = PageClient(toy_app()).acting_as(MANAGER).client.get("/toy/sign-in")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/referral/inbox")


def test_the_log_names_nobody_who_could_not_sign_in(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    PageClient(toy_app()).sign_in("wilhelmina.fictional", "hunter2")

    assert "refused" in caplog.text
    assert "wilhelmina" not in caplog.text
    assert "hunter2" not in caplog.text
