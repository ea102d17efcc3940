"""Too busy: said at once, through both doors, with what was typed handed back."""

from __future__ import annotations

from typing import Any

import pytest

from shared.web.busy import BUSY, RETRY_AFTER
from tests.support.pages import Page, PageClient
from tests.unit.web.test_guard import bearer, problem
from tests.unit.web.test_unsent import MANAGER, TYPED, client_with_a_form
from tests.unit.web.world import PASSWORD, TOKENS, toy_app

FULL: dict[str, Any] = {BUSY: True}


def seconds(answer: Any) -> int:
    return int(answer.headers["Retry-After"])


def test_a_program_is_told_when_to_come_back() -> None:
    client = toy_app().test_client()

    answer = client.post(
        "/toy/api/worries", json={}, headers=bearer(TOKENS[MANAGER]), environ_overrides=FULL
    )

    assert problem(answer, 429)["title"] == "Too busy at this moment"
    assert RETRY_AFTER[0] <= seconds(answer) <= RETRY_AFTER[1]


def test_a_person_gets_the_form_back_and_sends_it_by_one_press() -> None:
    client, typed = client_with_a_form()

    answer = client.client.post("/toy/worry", data={**typed, **TYPED}, environ_overrides=FULL)
    page = Page(answer, "/toy/worry")

    assert (page.status, page.h1) == (429, "This was not sent yet")
    assert "Too many people" in page.text
    assert page.answers() == {**TYPED, "csrf_token": page.typed("csrf_token")}
    assert seconds(answer)
    assert "Saved" in client.send(page).text


def test_a_page_that_is_only_read_says_to_try_again() -> None:
    answer = (
        PageClient(toy_app()).acting_as(MANAGER).client.get("/toy/worry", environ_overrides=FULL)
    )

    assert Page(answer, "/toy/worry").h1 == "Too busy at this moment"
    assert seconds(answer)


def test_a_password_is_never_put_into_the_answer() -> None:
    client = PageClient(toy_app())
    form = client.get("/toy/sign-in").answers()
    sent = {**form, "name": MANAGER, "password": PASSWORD}

    answer = client.client.post("/toy/sign-in", data=sent, environ_overrides=FULL)

    assert answer.status_code == 429
    assert PASSWORD not in answer.text


def test_words_of_another_site_are_not_repeated() -> None:
    answer = (
        toy_app()
        .test_client()
        .post(
            "/toy/worry",
            data={"worry": "Planted words"},
            headers={"Sec-Fetch-Site": "cross-site"},
            environ_overrides=FULL,
        )
    )

    assert answer.status_code == 429
    assert "Planted" not in answer.text


@pytest.mark.parametrize("probe", ["healthz", "readyz", "version"])
def test_whoever_watches_the_process_is_answered(probe: str) -> None:
    answer = toy_app().test_client().get(f"/toy/{probe}", environ_overrides=FULL)

    assert answer.status_code == 200
