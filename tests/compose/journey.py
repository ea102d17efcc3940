"""Sends one referral from form to visit through the proxy, by the real forms, and reads its line.

compose-test.sh runs it:  journey.py ADDRESS SIGN_INS_FILE
The certificate to trust is in REQUESTS_CA_BUNDLE. Ends with 1 if anything is not as it must be.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests
from rich.console import Console

from shared.clock import SystemClock, london
from shared.mash.accounts import SignIn
from shared.mash.demo import referrers, staff
from shared.mash.demo.morning import Contact, read_morning
from shared.mash.demo.people import Person
from shared.mash.demo.waiting import until
from shared.mash.reports import traced_line

SERVICES = ("referral", "strategy", "audit")
AUDITOR = "a.juniper-demo"
OFFICER = "mash-operator"
LONGEST_START = 180.0
OVER_A_MINUTE = 75.0
ARRIVAL = 60.0
MINUTE = "%Y-%m-%dT%H:%M"
EVENING = 21
SPINE = (
    "referral.received",
    "referral.threshold-decided",
    "strategy.case-opened",
    "strategy.meeting-called",
    "strategy.meeting-held",
    "strategy.case-allocated",
    "strategy.child-seen",
)

clock = SystemClock()
out = Console(soft_wrap=True, highlight=False)


class Wrong(Exception):
    """The system did not do what it must."""


def main() -> None:
    address, sign_ins = sys.argv[1], Path(sys.argv[2])
    wait_until_ready(address)
    people = {
        each["id"]: Person(url=address, sign_in=SignIn(**{**each, "roles": tuple(each["roles"])}))
        for each in json.loads(sign_ins.read_text(encoding="utf-8"))
    }
    contact = walk(people)
    read_its_line(contact, people[AUDITOR])
    verify(people[OFFICER])


def say(what: str) -> None:
    out.print(f"[{london(clock.now()):%H:%M:%S}] {what}", markup=False)


def wait_until_ready(address: str) -> None:
    def answers(path: str) -> bool:
        try:
            return requests.get(f"{address}{path}", timeout=5).ok
        except requests.exceptions.SSLError:
            raise
        except requests.RequestException:
            return False

    for service in SERVICES:
        ready = partial(answers, f"/{service}/readyz")
        until(ready, f"{service} to be ready", patience=LONGEST_START)
        say(f"{service} is ready")
    bare = requests.get(f"{address}/", timeout=5, allow_redirects=False)
    expect(bare.headers.get("Location") == "/referral/", "the bare address leads to /referral/")
    feed = requests.get(f"{address}/referral/feed/heads", timeout=5)
    expect(feed.status_code == requests.codes.not_found, "feeds are closed to the outside")


def walk(people: dict[str, Person]) -> Contact:
    """Take the demonstration's named case through every door, at today's times."""
    morning = read_morning()
    contact = morning.named
    contact.answers = {**contact.answers, "happened_on": f"{local_now():%Y-%m-%d}"}
    referrers.send(contact, people[contact.sign_in])
    say(f"{contact.ref} was received; the form was sent twice at once")

    # Forms ask for minutes: what happens next has to happen in a later one than the referral.
    received = local_now().strftime(MINUTE)
    until(
        lambda: local_now().strftime(MINUTE) > received, "the next minute", patience=OVER_A_MINUTE
    )
    contact.story = at_this_time(contact.story)
    hub = staff.Hub(
        people=people, team_managers={}, guidance_version=guidance_in_force(contact, people)
    )
    staff.decide(contact, hub)
    say("the threshold was decided: strategy meeting")
    staff.call_meeting(contact, hub)
    say("the case was opened by the event; the meeting was called")
    staff.acknowledge(contact, hub)
    say(f"{staff.lead_of(contact, hub)} leads and has acknowledged")
    staff.hold(contact, hub)
    staff.allocate(contact, hub)
    say(f"the meeting was held; {contact.worker} has the case")
    for planned in contact.story["visits"]:
        for number in planned["children"]:
            staff.visit(contact, planned, number, hub)
    say("every child was seen")
    return contact


def at_this_time(story: dict[str, Any]) -> dict[str, Any]:
    """Return what staff do with the times of now; the evening by which to visit is ahead of us."""
    now = local_now()
    evening = now if now.hour < EVENING - 1 else now + timedelta(days=1)
    return {
        **story,
        "meeting": {**story["meeting"], "starts": now.strftime(MINUTE)},
        "allocate": evening.strftime(MINUTE),
        "visits": [{**each, "at": now.strftime(MINUTE)} for each in story["visits"]],
    }


def guidance_in_force(contact: Contact, people: dict[str, Person]) -> str:
    """Return what the decision page offers by itself."""
    page = people[staff.HUB_MANAGER].open(f"/referral/referrals/{contact.ref}/decision")
    return dict(page.form_with("outcome", "rationale").carried)["guidance_version"]


def read_its_line(contact: Contact, auditor: Person) -> None:
    """The auditor's page and the API show the whole line, in order, complete."""

    found = until(partial(line_of, contact, auditor), "the whole line", patience=ARRIVAL)
    traced_line(out, found)
    types = Counter(each["type"] for each in found["entries"])
    once = Counter(contact.done)
    expect(all(types[kind] == once[kind] for kind in once), f"each event is there once: {types}")
    written = sorted(found["entries"], key=lambda each: datetime.fromisoformat(each["recorded_at"]))
    spine = [each["type"] for each in written if each["type"] in SPINE]
    expect(list(dict.fromkeys(spine)) == list(SPINE), f"they were written in order: {spine}")
    expect(found["complete"], "the line is complete")
    expect(not found["holes"] and not found["faults"], "the line has no hole and no fault")
    page = auditor.open(f"/audit/cases/{contact.ref}")
    expect(contact.ref in page.text, "the auditor's page shows the case")


def line_of(contact: Contact, auditor: Person) -> dict[str, Any] | None:
    """Return the line once every event of the walk is in it and every clock has stopped."""
    found: dict[str, Any] | None = auditor.ask(f"/audit/api/cases/{contact.ref}")
    if found is None:
        return None
    missing = Counter(contact.done) - Counter(each["type"] for each in found["entries"])
    running = [each for each in found["clocks"] if not each["stopped_at"]]
    return None if missing or running else found


def verify(officer: Person) -> None:
    verdict = officer.ask("/audit/api/verify")
    out.print(json.dumps(verdict), markup=False)
    expect(verdict["sound"], "the audit verifies")
    expect(not verdict["missing"] and not verdict["not_compared"], "every service was compared")
    say(f"verified: {verdict['events']} events in {verdict['streams']} streams are sound")


def local_now() -> datetime:
    return london(clock.now())


def expect(holds: object, what: str) -> None:
    if not holds:
        raise Wrong(f"It is not so that {what}")


if __name__ == "__main__":
    main()
