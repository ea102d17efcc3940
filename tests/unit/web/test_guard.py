"""Nobody passes who was not let in: sign-in, tokens, roles, and the proof that a form is ours."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.auth import requires, unguarded_routes
from shared.web.guard import local_path
from tests.support.pages import PageClient
from tests.unit.web.world import SERVICE_TOKEN, TOKENS, accounts, new_toy_app, toy_app

MANAGER, PARTNER = "m.okoro-demo", "p.partner-demo"
WORRY: dict[str, Any] = {
    "concerns": ["physical"],
    "told": True,
    "worry": "A made-up worry",
    "children": [{"first_names": "Wilhelmina", "date_of_birth": "2019-03-27"}],
}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = answer.get_json(force=True)
    assert {"type", "title", "status", "detail", "instance"} <= set(body)
    assert body["status"] == status
    return body


def test_a_page_asks_an_unknown_visitor_to_sign_in_and_remembers_the_way() -> None:
    answer = toy_app().test_client().get("/toy/worry?show=all")

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/toy/sign-in?next=/toy/worry?show%3Dall"


def test_the_api_answers_an_unknown_caller_with_a_problem_that_names_the_way_in() -> None:
    answer = toy_app().test_client().post("/toy/api/worries", json=WORRY)

    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["wrong", "", TOKENS[MANAGER].upper()])
def test_a_wrong_token_is_no_way_in(token: str) -> None:
    problem(
        toy_app().test_client().post("/toy/api/worries", json=WORRY, headers=bearer(token)), 401
    )


def test_a_token_opens_the_api_without_a_csrf_token() -> None:
    answer = (
        toy_app()
        .test_client()
        .post("/toy/api/worries", json=WORRY, headers=bearer(TOKENS[PARTNER]))
    )

    assert answer.status_code == 201, answer.text
    assert answer.get_json() == {"by": PARTNER, "role": "partner", "children": 1}


def test_the_service_token_acts_as_the_service_and_as_nobody_else() -> None:
    client = toy_app().test_client()

    assert client.get("/toy/api/feed-like", headers=bearer(SERVICE_TOKEN)).json == {"by": "service"}
    problem(client.post("/toy/api/worries", json=WORRY, headers=bearer(SERVICE_TOKEN)), 403)
    problem(client.get("/toy/api/feed-like", headers=bearer(TOKENS[MANAGER])), 403)


def test_a_session_opens_the_api_only_with_its_csrf_token() -> None:
    client = PageClient(toy_app()).acting_as(MANAGER)
    token = str(client.get("/toy/worry").answers()["csrf_token"])

    refused = client.client.post("/toy/api/worries", json=WORRY)
    taken = client.client.post("/toy/api/worries", json=WORRY, headers={"X-CSRFToken": token})

    assert "X-CSRFToken" in problem(refused, 400)["detail"]
    assert taken.status_code == 201


def test_the_first_role_of_a_person_that_the_route_accepts_is_the_one_they_act_in() -> None:
    answer = (
        toy_app()
        .test_client()
        .post("/toy/api/worries", json=WORRY, headers=bearer(TOKENS[MANAGER]))
    )

    assert answer.get_json()["role"] == "mash-manager"


def test_a_wrong_role_is_told_so_on_a_page() -> None:
    page = PageClient(toy_app()).acting_as("s.worker-demo").get("/toy/worry", status=403)

    assert page.h1 == "You cannot use this page"
    assert "Social worker" in page.text


def test_a_route_that_nobody_marked_is_closed_to_everybody() -> None:
    app = toy_app()

    assert PageClient(app).acting_as(MANAGER).get("/toy/forgotten", status=403)
    problem(app.test_client().get("/toy/forgotten", headers=bearer(SERVICE_TOKEN)), 403)


def test_the_routes_that_nobody_marked_are_listed() -> None:
    assert unguarded_routes(toy_app()) == ["GET /toy/forgotten"]


def test_a_view_cannot_require_nothing() -> None:
    with pytest.raises(ValueError, match="at least one role"):
        requires()


def test_a_form_without_its_token_is_refused_on_every_unsafe_page() -> None:
    app = toy_app()
    client = PageClient(app).acting_as(MANAGER)
    unsafe = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and "/api/" not in rule.rule
    ]

    assert {"/toy/worry", "/toy/sign-in", "/toy/sign-out"} <= set(unsafe)
    for path in unsafe:
        assert client.client.post(path, data={"worry": "x"}).status_code == 400, path


def test_a_form_sent_from_another_site_is_refused_even_with_a_token() -> None:
    client = PageClient(toy_app()).acting_as(MANAGER)
    sent = client.get("/toy/worry").answers()

    answer = client.client.post("/toy/worry", data=sent, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 400


def test_a_person_taken_off_the_list_is_out_at_the_next_request() -> None:
    people = accounts()
    client = PageClient(new_toy_app(accounts=people)).acting_as(MANAGER)
    client.get("/toy/worry")

    people._by_id.pop(MANAGER)

    assert client.client.get("/toy/worry").status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
        " /x",
        "relative",
        "",
        None,
    ],
)
def test_the_way_after_signing_in_never_leaves_this_site(target: str | None) -> None:
    assert local_path(target) is None


@pytest.mark.parametrize("target", ["/strategy/worklist", "/audit/cases/MASH-7K3M9-Q2FX4?type=a"])
def test_the_way_after_signing_in_may_be_any_page_of_this_site(target: str) -> None:
    assert local_path(target) == target
