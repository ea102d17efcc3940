"""Every answer carries the headers; every error is worded, and the same through both doors."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from openapi_spec_validator import validate
from pymongo.errors import AutoReconnect, ExecutionTimeout, PyMongoError, WriteConcernError

from shared.auth import public
from tests.support.pages import PageClient
from tests.unit.web.test_guard import MANAGER, WORRY, bearer, problem
from tests.unit.web.world import TOKENS, new_toy_app, toy_app

ADDRESSES = [
    "/",
    "/toy/healthz",
    "/toy/readyz",
    "/toy/version",
    "/toy/sign-in",
    "/toy/static/app.css",
    "/toy/worry",
    "/toy/api/openapi.json",
    "/toy/no-such-page",
    "/toy/broken",
    "/toy/forgotten",
]


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_security_headers(address: str, signed_in: bool) -> None:
    client = PageClient(toy_app(mode="server"), error_pages=True)
    if signed_in:
        client.acting_as(MANAGER)

    with client.client.get(address) as answer:
        headers = answer.headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["X-Request-Id"]
    if "/static/" not in address:
        assert headers["Cache-Control"] == "no-store"


def test_the_embedded_mode_does_not_ask_for_https() -> None:
    headers = toy_app().test_client().get("/toy/sign-in").headers

    assert "Strict-Transport-Security" not in headers


def test_the_nonce_of_the_page_is_the_nonce_of_the_policy_and_used_once() -> None:
    client = PageClient(toy_app())

    pages = [client.get("/toy/sign-in") for _ in range(2)]

    nonces = [page.tree.all("script")[0].get("nonce") for page in pages]
    assert nonces[0] != nonces[1]
    for page, nonce in zip(pages, nonces, strict=True):
        assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("offered", "kept"),
    [("abcdef-123456", True), ("x\u00e9<script>", False), ("a b c d e f", False)],
)
def test_a_request_id_from_the_proxy_is_kept_only_if_it_is_harmless(
    offered: str, kept: bool
) -> None:
    headers = {"X-Request-Id": offered}

    answered = toy_app().test_client().get("/toy/healthz", headers=headers).headers["X-Request-Id"]

    assert (answered == offered) is kept


def test_the_bare_address_leads_into_the_service() -> None:
    answer = toy_app().test_client().get("/")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/toy/")


def test_the_probes_need_nobody_and_say_nothing_personal() -> None:
    client = new_toy_app(readiness=("database: no answer",)).test_client()

    assert client.get("/toy/healthz").json == {"status": "up"}
    assert client.get("/toy/version").json == {"service": "toy", "version": "0.1.0"}
    ready = client.get("/toy/readyz")
    assert ready.status_code == 503
    assert ready.json == {
        "status": "not ready",
        "reasons": ["database: no answer"],
        "degraded": [],
    }
    assert toy_app().test_client().get("/toy/readyz").status_code == 200


def test_a_readiness_check_that_fails_is_a_reason_not_an_error() -> None:
    def check() -> list[str]:
        raise ConnectionError("mongodb://secret@somewhere")

    answer = new_toy_app(check=check).test_client().get("/toy/readyz")

    assert answer.status_code == 503
    assert "secret" not in answer.text


@pytest.mark.parametrize("fault", [AutoReconnect, ExecutionTimeout, WriteConcernError])
def test_a_store_that_cannot_keep_what_was_sent_is_away_and_one_may_come_back(
    fault: type[PyMongoError],
) -> None:
    @public
    def not_kept() -> str:
        raise fault("only one member holds it")

    app = new_toy_app()
    app.add_url_rule("/toy/api/not-kept", view_func=not_kept)

    answer = app.test_client().get("/toy/api/not-kept")

    problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"


def test_a_missing_page_is_a_page_for_people_and_a_problem_for_programs() -> None:
    client = PageClient(toy_app())

    assert client.get("/toy/nowhere", status=404).h1 == "Page not found"
    assert problem(client.client.get("/toy/api/nowhere"), 404)["type"] == "about:blank"


def test_a_wrong_method_says_which_are_right() -> None:
    answer = toy_app().test_client().delete("/toy/api/worries", headers=bearer(TOKENS[MANAGER]))

    problem(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_a_broken_rule_is_told_in_its_words_through_both_doors() -> None:
    client = PageClient(toy_app()).acting_as(MANAGER)

    page = client.get("/toy/rule", status=409)
    told = problem(client.client.post("/toy/api/rule", headers=bearer(TOKENS[MANAGER])), 409)

    assert "This was decided already. Open it to read the decision" in page.text
    assert told["detail"] == "This was decided already. Open it to read the decision"
    assert told["type"] == "urn:golden-thread:problem:only-once"
    assert told["source"] == "A rule made up for a test"
    assert told["errors"] == [{"pointer": "#/worry", "detail": told["detail"]}]


def test_an_unexpected_error_tells_nobody_what_was_typed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    client = PageClient(new_toy_app(), error_pages=True)
    page = client.acting_as(MANAGER).get("/toy/broken", status=500)

    assert "Wilhelmina" not in page.html
    assert page.headers["X-Request-Id"] in page.text
    assert "ZeroDivisionError" in [getattr(record, "error", "") for record in caplog.records]
    logged = "".join(str(record.__dict__) for record in caplog.records)
    assert "Wilhelmina" not in logged
    assert "world.py" in logged


def post(body: Any, **more: Any) -> dict[str, Any]:
    client = toy_app().test_client()
    status = more.pop("status", 422)
    how = {"json": body} if not isinstance(body, bytes) else {"data": body}
    answer = client.post("/toy/api/worries", headers=bearer(TOKENS[MANAGER]), **{**how, **more})
    return problem(answer, status)


def test_each_fault_of_a_body_is_pointed_at() -> None:
    told = post({**WORRY, "concerns": ["physical", "zz"], "children": [{"date_of_birth": "x"}]})

    assert {fault["pointer"] for fault in told["errors"]} == {
        "#/concerns/1",
        "#/children/0/first_names",
        "#/children/0/date_of_birth",
    }


def test_an_unknown_field_is_refused_by_the_api() -> None:
    told = post({**WORRY, "colour/of~hat": "red"})

    assert told["errors"] == [
        {
            "pointer": "#/colour~1of~0hat",
            "detail": "This is not a field of this form. Remove it or check its name",
        }
    ]


def test_a_body_that_is_not_json_is_told_so() -> None:
    post(b"{", status=400, content_type="application/json")
    post(b"worry=x", status=415, content_type="application/x-www-form-urlencoded")
    post(b"{}", status=415)


@pytest.mark.parametrize(
    "body",
    [
        b'{"children":' + b"[" * 900 + b"]" * 900 + b"}",
        b"[" * 100_000,
        b'{"a":' * 21 + b"1" + b"}" * 21,
    ],
)
def test_a_body_nested_beyond_all_measure_is_refused_before_anything_reads_it(body: bytes) -> None:
    told = post(body, status=400, content_type="application/json")

    assert told["detail"] == "The body is too deeply nested: send at most 20 levels"


@pytest.mark.parametrize("body", [b"{", b"", b'{"worry": "\xff"}', b"worry=x"])
def test_a_body_that_cannot_be_read_as_json_is_told_how_to_send_it(body: bytes) -> None:
    told = post(body, status=400, content_type="application/json")

    words = "The body is not JSON: send UTF-8 JSON with Content-Type application/json"
    assert told["detail"] == words


def test_a_text_far_too_long_is_answered_by_the_api_with_its_field() -> None:
    told = post({**WORRY, "worry": "x" * 1_000_000}, status=422)

    assert [each["pointer"] for each in told["errors"]] == ["#/worry"]


def test_a_body_far_too_large_is_refused_by_the_api() -> None:
    told = post({**WORRY, "worry": "x" * 3_000_000}, status=413)

    assert told["title"] == "That is too long"
    assert told["detail"] == "Nothing was saved. Send at most 2048 kB in one request."


def test_a_text_far_too_long_is_answered_by_its_form_with_the_text_kept() -> None:
    client = PageClient(toy_app()).acting_as(MANAGER)
    long = "Made up. " * 110_000

    page = client.send(client.get("/toy/worry"), {"worry": long, "told": "yes"})

    assert page.status == 422
    assert "Shorten it to 5,000 characters or fewer" in page.errors
    assert page.typed("worry") == long.strip()


def test_a_form_beyond_all_measure_is_refused_with_a_page() -> None:
    client = PageClient(toy_app()).acting_as(MANAGER)

    page = client.send(client.get("/toy/worry"), {"worry": "x" * 3_000_000})

    assert (page.status, page.h1) == (413, "That is too long")


def test_a_stranger_cannot_send_a_large_form() -> None:
    client = PageClient(toy_app())

    page = client.send(client.get("/toy/sign-in"), {"name": "x" * 300_000})

    assert page.status == 413


def test_the_api_describes_itself_to_anybody_signed_in() -> None:
    client = toy_app().test_client()

    problem(client.get("/toy/api/openapi.json"), 401)
    told = client.get("/toy/api/openapi.json", headers=bearer(TOKENS["p.partner-demo"])).get_json()
    assert told["openapi"] == "3.1.0"
    assert "/toy/api/worries" in told["paths"]
    born = told["components"]["schemas"]["ChildIn"]["properties"]["date_of_birth"]
    assert (born["type"], born["format"]) == ("string", "date")
    validate(told)


def test_the_demonstration_clock_is_shown_only_in_a_demonstration() -> None:
    shown = PageClient(toy_app(demo=True)).get("/toy/sign-in").html
    hidden = PageClient(toy_app()).get("/toy/sign-in").html

    assert "Demonstration clock" in shown
    assert "23 November 2026, 16:50" in shown
    assert "Demonstration clock" not in hidden
