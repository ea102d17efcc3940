"""The pages and the API of audit over a real store: what is shown, to whom, what is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask

from services.audit.documents import EntryDocument
from shared.auth import unguarded_routes
from shared.database import collection_of
from shared.events.envelope import Envelope
from shared.events.referral import ChildMatched
from tests.integration.audit_world import AuditWorld, audit_settings
from tests.support.pages import PageClient
from tests.unit.audit.lines import (
    BLUE,
    CASE,
    GREEN,
    MANAGER,
    SCHOOL,
    SOCIAL_WORKER,
    a_kept_line,
    decided,
    in_london,
    received,
    sealed,
    seen,
)

NOW = in_london("2026-11-23T18:00")
TOKEN = "an-invented-token-of-an-invented-auditor"
PEOPLE = {
    "a.auditor-demo": ("Alex Auditor", ["auditor"]),
    MANAGER.id: ("Kit Kettle", ["mash-manager"]),
    SOCIAL_WORKER.id: ("Bo Biscuit", ["social-worker"]),
}


@pytest.fixture
def world(tmp_path: Path, mongo_url: str) -> AuditWorld:
    settings = audit_settings(tmp_path, mongo_url)
    people = [
        {
            "id": id,
            "name": name,
            "roles": roles,
            "agency": None,
            "password_hash": None,
            "token_sha256": hashlib.sha256(TOKEN.encode()).hexdigest()
            if "auditor" in roles
            else None,
        }
        for id, (name, roles) in PEOPLE.items()
    ]
    settings.accounts_file.write_text(json.dumps(people))
    return AuditWorld(settings, NOW)


@pytest.fixture
def app(world: AuditWorld) -> Flask:
    return world.web()


@pytest.fixture
def auditor(app: Flask) -> PageClient:
    return PageClient(app).acting_as("a.auditor-demo")


def asked(app: Flask, path: str, status: int = 200) -> Any:
    answer = app.test_client().get(path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == status, answer.text
    return answer.get_json()


def test_every_route_of_audit_has_its_roles(app: Flask) -> None:
    assert unguarded_routes(app) == []


@pytest.mark.parametrize("path", ["/audit/", "/audit/cases", f"/audit/cases/{CASE}"])
def test_a_social_worker_does_not_read_the_timelines(
    app: Flask, world: AuditWorld, path: str
) -> None:
    world.hears(*a_kept_line())

    PageClient(app).acting_as(SOCIAL_WORKER.id).get(path, status=403)


def test_a_manager_reads_the_timeline_but_does_not_verify(app: Flask, world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    manager = PageClient(app).acting_as(MANAGER.id)

    manager.get(f"/audit/cases/{CASE}")

    assert manager.client.get("/audit/api/verify").status_code == 403


@pytest.mark.parametrize(("person", "shown"), [(MANAGER.id, True), ("a.auditor-demo", False)])
def test_a_manager_gets_from_the_timeline_to_the_referral(
    app: Flask, world: AuditWorld, person: str, shown: bool
) -> None:
    world.hears(*a_kept_line())

    page = PageClient(app).acting_as(person).get(f"/audit/cases/{CASE}")

    assert (f"/referral/referrals/{CASE}" in page.links.values()) is shown


def test_the_timeline_tells_the_whole_line_in_order_with_names_and_times(
    auditor: PageClient, world: AuditWorld
) -> None:
    world.hears(*a_kept_line())

    page = auditor.get(f"/audit/cases/{CASE}")

    assert page.h1 == f"Timeline of case {CASE}"
    titles = [each.text for each in page.tree.all("h2", class_="moj-timeline__title")]
    assert titles[0] == "Referral received from a school"
    assert titles[1] == "Threshold decided: strategy meeting"
    assert titles[-1] == "Child seen, alone"
    assert "Kit Kettle" in page.text
    assert "1 hour 20 minutes after the step before" in page.text
    assert "Chain verified" in page.text
    tags = [each.text for each in page.tree.all("strong", class_="govuk-tag")]
    assert tags.count("Done in time") == 4


def test_what_oversight_says_stands_out_in_the_words_of_the_promises(
    auditor: PageClient, world: AuditWorld
) -> None:
    world.hears(*a_kept_line()[:1])
    world.sweeps(in_london("2026-11-24T09:00"))
    world.sweeps(in_london("2026-11-24T18:00"))
    world.hears(*[Envelope.from_wire(each) for each in world.said()])

    page = auditor.get(f"/audit/cases/{CASE}")

    tags = [each.text for each in page.tree.all("strong", class_="govuk-tag--red")]
    assert tags == ["Not done in time", "Not done in time"], "the promise, and its event"
    marked = page.tree.all("h2", class_="moj-timeline__title")[-1]
    assert marked.one("strong").text == "Not done in time"
    assert marked.text == "Not done in time Threshold decision"


def test_a_reference_may_be_typed_in_lower_case(
    auditor: PageClient, app: Flask, world: AuditWorld
) -> None:
    world.hears(*a_kept_line())

    assert CASE in auditor.get(f"/audit/cases/{CASE.lower()}").h1
    assert BLUE in auditor.get(f"/audit/children/{BLUE.lower()}").h1
    assert asked(app, f"/audit/api/cases/{CASE.lower()}")["ref"] == CASE


def test_the_newest_can_stand_first(auditor: PageClient, world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    page = auditor.get(f"/audit/cases/{CASE}")

    newest = auditor.get(f"/audit/cases/{CASE}{page.links['Show the newest first']}")

    titles = [each.text for each in newest.tree.all("h2", class_="moj-timeline__title")]
    assert titles[0] == "Child seen, alone"
    assert "Show the oldest first" in newest.links


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("type=strategy.child-seen", 2),
        ("service=referral", 2),
        (f"actor={SOCIAL_WORKER.id}", 2),
        ("day-day=23&day-month=11&day-year=2026", 8),
        ("day-day=24&day-month=11&day-year=2026", 0),
        ("day=2026-11-23", 8),
        ("from-day=23&from-month=11&from-year=2026", 8),
        ("from-day=24&from-month=nov&from-year=2026", 0),
        ("from=2026-11-22&to=2026-11-23", 8),
        ("to-day=22&to-month=11&to-year=2026", 0),
        ("state=met", 5),
        ("state=met&clock=decision", 2),
        ("state=at-risk", 0),
        ("state=breached&clock=child-seen", 0),
        ("late=yes", 0),
        ("clock=decision", 2),
        ("clock=child-seen&service=strategy", 2),
        ("", 8),
        ("type=&service=&actor=&clock=&state=&from-day=&to-day=", 8),
    ],
)
def test_filters_choose_what_is_shown_and_leave_the_line_whole(
    auditor: PageClient, world: AuditWorld, query: str, shown: int
) -> None:
    world.hears(*a_kept_line())

    page = auditor.get(f"/audit/cases/{CASE}?{query}")

    assert len(page.tree.all("h2", class_="moj-timeline__title")) == shown
    assert ("No events match" in page.text) == (shown == 0)
    assert "Chain verified" in page.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("day-day=31&day-month=2&day-year=2026", "Date from must be a real date"),
        ("from-day=31&from-month=2&from-year=2026", "Date from must be a real date"),
        ("to-day=3", "Date to must include a month and a year"),
        ("from=2026-11-24&to-day=23&to-month=11&to-year=2026", "the same as or after date from"),
        ("state=lost", "Select state of a promise from the list"),
        ("service=police", "Must be one of"),
        ("clock=moon", "Select promise from the list"),
        ("colour=blue", "not a field of this form"),
    ],
)
def test_a_wrong_filter_is_named_and_what_was_typed_is_kept(
    auditor: PageClient, world: AuditWorld, query: str, said: str
) -> None:
    world.hears(*a_kept_line())

    page = auditor.get(f"/audit/cases/{CASE}?{query}", status=422)

    assert any(said in each for each in page.errors), page.errors
    typed = dict(parse_qsl(query.replace("day-", "from-", 1) if query[:4] == "day-" else query))
    for name, value in typed.items():
        if name.startswith(("from-", "to-")):
            assert page.typed(name) == value


def test_a_childs_line_is_not_filtered_by_how_a_siblings_promise_stands(
    auditor: PageClient, world: AuditWorld
) -> None:
    """Blue was seen in time, Green was not seen: the decision started both promises."""
    world.clock.at = in_london("2026-11-24T09:00")
    world.hears(*a_kept_line()[:-1])

    shown = {
        path: len(page.tree.all("h2", class_="moj-timeline__title"))
        for path in (f"cases/{CASE}", f"children/{GREEN}", f"children/{BLUE}")
        for page in [auditor.get(f"/audit/{path}?state=breached")]
    }

    assert shown == {f"cases/{CASE}": 1, f"children/{GREEN}": 1, f"children/{BLUE}": 0}


def test_the_filters_in_force_are_said_and_each_can_be_taken_away(
    auditor: PageClient, world: AuditWorld
) -> None:
    world.hears(*a_kept_line())

    page = auditor.get(f"/audit/cases/{CASE}?from=2026-11-22&day=2026-11-23&state=met")

    kept = {words: to for words, to in page.links.items() if words.startswith("Remove this")}
    assert kept == {
        "Remove this filter From 22 November 2026": "?to=2026-11-23&state=met",
        "Remove this filter To 23 November 2026": "?from=2026-11-22&state=met",
        "Remove this filter State of a promise: Done in time": "?from=2026-11-22&to=2026-11-23",
    }
    assert (page.typed("from-day"), page.typed("to-day")) == ("22", "23")
    assert page.typed("state") == "met"


def test_a_late_entry_is_seen_as_late(auditor: PageClient, world: AuditWorld) -> None:
    world.hears(*a_kept_line()[:2])
    world.hears(
        *sealed("/strategy", [(SOCIAL_WORKER, "2026-11-24T09:00", seen(BLUE, "2026-11-23T15:30"))])
    )

    page = auditor.get(f"/audit/cases/{CASE}?late=yes")

    assert "Recorded late" in page.text
    assert "17 hours 30 minutes after it happened" in page.text


def test_a_hole_stands_on_the_page(auditor: PageClient, world: AuditWorld) -> None:
    line = a_kept_line()
    world.hears(*line[:5], line[7])

    page = auditor.get(f"/audit/cases/{CASE}")

    assert f"events 4 to 5 of strategy:{CASE} are missing" in page.text
    assert "Chain verified" not in page.text
    assert "Chain broken" not in page.text
    assert "Not complete" in auditor.get("/audit/cases").text


def test_a_changed_entry_stands_on_the_page(auditor: PageClient, world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    collection_of(EntryDocument).update_one(
        {"_id": f"referral:{CASE}#2"}, {"$set": {"event.actor": "somebody-else"}}
    )

    page = auditor.get(f"/audit/cases/{CASE}")

    assert "Chain broken" in page.text
    assert "its hash does not belong to it" in page.text


def test_a_child_has_a_timeline_over_all_cases(auditor: PageClient, world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    match = ChildMatched(child="CH-KN0WN-TEAP0", known_child=BLUE, known_case=CASE)
    world.hears(
        *sealed("/referral", [(SCHOOL, "2026-11-23T17:00", match)], case="MASH-SAVCE-R0002")
    )

    page = auditor.get(f"/audit/children/{BLUE}")

    assert page.h1 == f"Timeline of child {BLUE}"
    assert "CH-KN0WN-TEAP0" in page.text
    assert "A child was matched to one the hub already knows" in page.text
    assert GREEN not in page.text


@pytest.mark.parametrize(
    "path", ["/audit/cases/MASH-00000-00000", "/audit/children/CH-00000-00000"]
)
def test_what_is_not_there_is_not_found_through_both_doors(
    auditor: PageClient, app: Flask, path: str
) -> None:
    auditor.get(path, status=404)

    problem = asked(app, path.replace("/audit/", "/audit/api/"), status=404)
    assert "Check the reference" in problem["detail"]


def test_the_overview_counts_and_leads_to_the_cases(auditor: PageClient, world: AuditWorld) -> None:
    world.hears(*a_kept_line())
    world.hears(
        *sealed("/referral", [(SCHOOL, "2026-11-20T09:00", received())], case="MASH-SAVCE-R0002")
    )

    page = auditor.get("/audit/")

    assert page.h1 == "Are the promises kept?"
    assert "Overdue now 1" in page.text
    assert "Done in time today 4" in page.text
    overdue = auditor.get("/audit/cases?state=breached")
    assert "MASH-SAVCE-R0002" in overdue.links
    assert CASE not in overdue.links


def test_cases_are_found_by_reference_and_shown_in_pages(
    auditor: PageClient, world: AuditWorld
) -> None:
    for number in range(30):
        world.hears(
            *sealed(
                "/referral",
                [(SCHOOL, "2026-11-20T09:00", received())],
                case=f"MASH-0{number:04}-00000",
            )
        )

    first = auditor.get("/audit/cases")
    second = auditor.get("/audit/cases?page=2")

    assert "Showing 1 to 25 of 30" in first.text
    assert "Showing 26 to 30 of 30" in second.text
    found = auditor.get("/audit/cases?reference=mash-00007")
    assert [each for each in found.links if each.startswith("MASH")] == ["MASH-00007-00000"]
    assert "No cases match" in auditor.get("/audit/cases?reference=MASH-ZZZ").text


@pytest.mark.parametrize("query", ["reference=.*", "page=0", "page=many", "state=lost", "q=1"])
def test_a_wrong_question_for_cases_is_named(auditor: PageClient, query: str) -> None:
    assert auditor.get(f"/audit/cases?{query}", status=422).errors


def test_the_api_gives_the_line_that_the_page_shows(app: Flask, world: AuditWorld) -> None:
    world.hears(*a_kept_line())

    line = asked(app, f"/audit/api/cases/{CASE}")

    assert line["ref"] == CASE
    assert line["complete"] is True
    assert [each["words"] for each in line["entries"]][:2] == [
        "Referral received from a school",
        "Threshold decided: strategy meeting",
    ]
    second = line["entries"][1]
    assert (second["who"], second["name"], second["role"]) == (
        MANAGER.id,
        "Kit Kettle",
        "mash-manager",
    )
    assert second["at"] == "2026-11-23T10:30:00+00:00"
    assert second["elapsed"] == "1 hour 20 minutes"
    assert {(each["clock"], each["child"], each["state"]) for each in line["clocks"]} == {
        ("decision", None, "met"),
        ("allocation", None, "met"),
        ("child-seen", BLUE, "met"),
        ("child-seen", GREEN, "met"),
    }
    assert asked(app, f"/audit/api/children/{BLUE}")["children"] == [BLUE]


def test_the_api_lists_clocks_by_state_and_due_time(app: Flask, world: AuditWorld) -> None:
    world.hears(
        *sealed(
            "/referral",
            [(SCHOOL, "2026-11-23T09:10", received()), (MANAGER, "2026-11-23T10:30", decided())],
        )
    )

    at_risk = asked(app, "/audit/api/clocks?state=at-risk")["clocks"]
    soon = asked(app, "/audit/api/clocks?state=at-risk&due_before=2026-11-23T19:00:00Z")["clocks"]

    assert [each["clock"] for each in at_risk] == ["allocation", "child-seen", "child-seen"]
    assert soon == []
    assert asked(app, "/audit/api/overview")["at_risk"] == 3


@pytest.mark.parametrize("query", ["state=lost", "due_before=yesterday", "colour=blue"])
def test_the_api_names_a_wrong_question(app: Flask, query: str) -> None:
    problem = asked(app, f"/audit/api/clocks?{query}", status=422)

    assert query.split("=", maxsplit=1)[0] in json.dumps(problem)


def test_the_api_verifies(app: Flask, world: AuditWorld) -> None:
    line = a_kept_line()
    world.hears(*line)
    world.feed.wrote(line)

    verdict = asked(app, "/audit/api/verify")

    assert verdict["sound"] is True
    assert (verdict["streams"], verdict["events"]) == (2, 8)
    assert verdict["faults"] == verdict["missing"] == []


def test_readiness_asks_the_store(app: Flask) -> None:
    assert app.test_client().get("/audit/readyz").status_code == 200
