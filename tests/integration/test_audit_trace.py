"""The page of a line and `mash trace` say the same, item by item, so that they cannot drift."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from rich.console import Console

from services.audit.documents import EntryDocument
from shared.database import collection_of
from shared.events.codes import Agreement, AssignmentRule, MedicalDecision, Role
from shared.events.envelope import Envelope
from shared.events.referral import ChildMatched
from shared.events.seal import Actor
from shared.events.strategy import LeadAssigned, MedicalDecided
from shared.mash import reports
from tests.integration.audit_world import AuditWorld
from tests.integration.test_audit_pages import app, asked, auditor, world
from tests.support.html import Node
from tests.support.pages import Page, PageClient
from tests.unit.audit.lines import (
    BLUE,
    CASE,
    MANAGER,
    SCHOOL,
    SOCIAL_WORKER,
    TEAM_MANAGER,
    a_kept_line,
    allocated,
    called,
    decided,
    held,
    in_london,
    opened,
    received,
    sealed,
    seen,
)

__all__ = ["app", "auditor", "world"]

STRATEGY = Actor("strategy", Role.SERVICE)
NOON = in_london("2026-11-25T12:00")
OTHER_CASE = "MASH-SAVCE-R0002"
WIDE, ORDINARY = 500, 100
WHEN = 28
"""Columns of a moment in the terminal."""


def hears_a_broken_line(world: AuditWorld) -> None:
    """Decided a day late, a lead with reasons, a visit written down the day after, one child due.

    Audit says at risk, not done in time and done late, and has a promise left to count down.
    """
    first, second = sealed(
        "/referral",
        [
            (SCHOOL, "2026-11-23T09:10", received(agreement=Agreement.AGREED, urgent=True)),
            (MANAGER, "2026-11-25T10:00", decided()),
        ],
    )
    world.hears(first)
    world.sweeps(in_london("2026-11-24T16:30"))
    world.sweeps(in_london("2026-11-24T18:00"))
    world.hears(second)
    world.hears(
        *sealed(
            "/strategy",
            [
                (STRATEGY, "2026-11-25T10:01", opened()),
                (TEAM_MANAGER, "2026-11-25T10:20", replace(called(), starts_at=NOON)),
                (STRATEGY, "2026-11-25T10:20", a_lead()),
                (TEAM_MANAGER, "2026-11-25T12:45", replace(held(), occurred_at=NOON)),
                (TEAM_MANAGER, "2026-11-25T12:45", a_medical()),
                (TEAM_MANAGER, "2026-11-25T13:05", allocated()),
                (SOCIAL_WORKER, "2026-11-26T09:00", seen(BLUE, "2026-11-25T15:40")),
            ],
        )
    )
    world.sweeps(in_london("2026-11-26T09:05"))
    world.hears(*[Envelope.from_wire(each) for each in world.said()])


def a_lead() -> LeadAssigned:
    return LeadAssigned(
        meeting=1,
        lead=TEAM_MANAGER.id,
        team="west-bromwich",
        rule=AssignmentRule.PATCH,
        reasons=(
            f"{TEAM_MANAGER.id} is on duty, and has one open meeting.",
            "No team works with the family; the address is on the patch of West Bromwich.",
        ),
        acknowledge_by=in_london("2026-11-25T10:50"),
    )


def a_medical() -> MedicalDecided:
    return MedicalDecided(child=BLUE, meeting=1, decision=MedicalDecision.REQUIRED)


def on_the_page(page: Page) -> list[list[str]]:
    """Return each item as its page says it: when, what, who, and every line below."""
    return [
        [
            item.one("p", class_="moj-timeline__date").text,
            marked(item.one("h2")),
            item.one("p", class_="moj-timeline__byline").text,
            *(marked(each) for each in item.all("p", class_="govuk-!-margin-bottom-1")),
        ]
        for item in page.tree.all("div", class_="moj-timeline__item")
    ]


def promises_on_the_page(page: Page) -> list[list[str]]:
    tables = page.tree.all("table")
    return [[cell.text for cell in row.all("th", "td")] for row in tables[0].all("tr")[1:]]


def marked(node: Node) -> str:
    """Return a line; a tag at its beginning stands in a box, which in a terminal is a colon."""
    tags = node.all("strong")
    if not tags:
        return node.text
    return f"{tags[0].text}: {node.text.removeprefix(tags[0].text).strip()}"


def printed(line: dict[str, Any], *, width: int) -> list[str]:
    out = Console(record=True, width=width, file=StringIO())
    reports.traced_line(out, line)
    return out.export_text().splitlines()


def in_the_terminal(lines: list[str]) -> list[list[str]]:
    """Return each item as the terminal says it, in the order of `on_the_page`."""
    items: list[list[str]] = []
    for each in lines:
        if each[:2].strip().isdigit():
            items.append([each[:WHEN].strip(), each[WHEN:]])
        elif each.startswith(" " * WHEN):
            items[-1].append(each.strip())
    return items


def promises_in_the_terminal(lines: list[str]) -> list[list[str]]:
    after = [each.strip() for each in lines[lines.index("Promises") + 1 :]]
    return [
        [*promise.rsplit(": ", 1), due]
        for promise, due in zip(after[::2], after[1::2], strict=True)
    ]


@pytest.mark.parametrize("path", [f"cases/{CASE}", f"children/{BLUE}"])
def test_the_page_and_the_terminal_say_the_same_of_every_item_and_promise(
    auditor: PageClient, app: Flask, world: AuditWorld, path: str
) -> None:
    hears_a_broken_line(world)
    match = ChildMatched(child="CH-KN0WN-TEAP0", known_child=BLUE, known_case=CASE)
    world.hears(*sealed("/referral", [(MANAGER, "2026-11-26T17:00", match)], case=OTHER_CASE))

    page = auditor.get(f"/audit/{path}")
    lines = printed(asked(app, f"/audit/api/{path}"), width=WIDE)

    assert in_the_terminal(lines) == on_the_page(page)
    assert promises_in_the_terminal(lines) == promises_on_the_page(page)
    assert lines[0] == page.h1
    assert lines[1] in page.text
    verdict = lines[lines.index("Promises") - 1]
    assert verdict.startswith("Chain verified: All ")
    assert verdict.replace(": ", " ", 1) in page.text


def test_what_is_compared_holds_every_kind_of_words(auditor: PageClient, world: AuditWorld) -> None:
    """The control: two empty lists are the same, too."""
    hears_a_broken_line(world)

    page = auditor.get(f"/audit/cases/{CASE}")

    said = [words for item in on_the_page(page) for words in item]
    for words in (
        "by Kit Kettle (MASH manager)",
        "by the audit service",
        "Quorate",
        "A section 47 enquiry starts",
        f"Child {BLUE}, social worker Bo Biscuit",
        "Agreement of the family: agreed",
        "Not done in time: Threshold decision",
        "Done late: Threshold decision",
        f"Done late: Child seen, child {BLUE}",
        "1 hour 40 minutes after the step before",
        "At risk: Threshold decision",
        "Recorded late: Written down 26 November 2026, 09:00, 17 hours 20 minutes after it"
        " happened",
    ):
        assert words in said, words


@pytest.mark.parametrize("lost", ["hole", "fault"])
def test_what_is_wrong_with_a_line_is_said_at_both_places(
    auditor: PageClient, app: Flask, world: AuditWorld, lost: str
) -> None:
    whole = a_kept_line()
    world.hears(*whole[:5], *whole[6 if lost == "hole" else 5 :])
    if lost == "fault":
        changed = {"$set": {"event.actor": "somebody-else"}}
        collection_of(EntryDocument).update_one({"_id": f"referral:{CASE}#2"}, changed)

    page = auditor.get(f"/audit/cases/{CASE}")
    lines = printed(asked(app, f"/audit/api/cases/{CASE}"), width=WIDE)

    alert = page.tree.one("div", class_="moj-alert__content").text.partition(": ")[2]
    assert alert in lines
    assert not any("Chain verified" in each for each in lines)


def test_the_terminal_is_read_at_a_hundred_columns(app: Flask, world: AuditWorld) -> None:
    hears_a_broken_line(world)

    line = asked(app, f"/audit/api/cases/{CASE}")
    lines, wide = printed(line, width=ORDINARY), printed(line, width=WIDE)

    assert max(len(each) for each in lines) <= ORDINARY
    assert " ".join(" ".join(lines).split()) == " ".join(" ".join(wide).split())
    assert all(each.startswith(" " * (WHEN + 2)) for each in lines if "enquiry starts" in each)
