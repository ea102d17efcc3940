"""What the operations page tells after a restore, and how a line of it is settled there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.strategy.domain.rebuilding import WORDS_LOST
from shared.events.envelope import Envelope
from shared.events.facts import Fact
from shared.events.registry import fact_of
from shared.events.strategy import CaseAllocated, ChildSeen, MeetingHeld
from shared.healing import FORKED, NOT_HERE, Report, Wound
from tests.integration.test_being_told import AUDITOR, MANAGER, OFFICER, PAGE, Told, told
from tests.support.pages import Page
from tests.unit.audit.lines import CASE, a_kept_line

__all__ = ["told"]

SETTLED = f"{PAGE}/settled"
BACKUP = "2026-11-23T02:00:00.000Z"
OTHER = "MASH-BBBBB-BBBBB"
WOUNDS = (
    Wound(ref=CASE, first=9, last=9, words=NOT_HERE, heard_by="audit"),
    Wound(ref=OTHER, first=3, last=5, words=FORKED, heard_by="audit"),
)


def event_of(fact: type[Fact]) -> Envelope:
    """Return the event of the kept line that carries this fact."""
    return next(each for each in a_kept_line() if isinstance(fact_of(each), fact))


def restore(told: Told, *facts: type[Fact], report: Report | None = None) -> list[str]:
    """Let the service be restored and heal, losing what was written with these facts.

    Returns the key of each line that is to be entered again.
    """
    begun = told.clock.at - timedelta(minutes=12)
    told.plumbing.mark.begin(backup=BACKUP, at=begun)
    told.plumbing.mark.filled()
    events = [event_of(each) for each in facts]
    lost = {event_of(each).sequence: WORDS_LOST[each] for each in facts}
    told.plumbing.lost.note(events, lost)
    told.plumbing.mark.healed(report or Report(records=1, events=len(facts)), at=told.clock.at)
    return [each.key for each in events]


def still_listed(told: Told) -> list[str]:
    return [each.key for each in told.plumbing.lost.all()]


def proof_of(page: Page) -> str:
    """Return the page's CSRF token, which the form to sign out carries on every page."""
    return page.tree.all("input", name="csrf_token")[0].get("value")


def forms_that_settle(page: Page) -> int:
    return sum(form.get("action") == SETTLED for form in page.tree.all("form"))


def test_a_service_that_was_never_restored_says_nothing_of_it(told: Told) -> None:
    page = told.browser(OFFICER).get(PAGE)

    assert "restore" not in page.text
    assert "enter again" not in page.text


def test_after_a_restore_that_lost_nothing_it_says_when_what_came_back_and_no_more(
    told: Told,
) -> None:
    restore(told, report=Report(records=1, events=3, put_aside=2))

    page = told.browser(OFFICER).get(PAGE)

    assert "After the restore of 23 November 2026, 17:08" in page.text
    assert "brought back as it was on 23 November 2026, 02:00" in page.text
    assert "healed on 23 November 2026, 17:20 and is open: 3 events of 1 record came" in page.text
    assert "2 events of its own joined nothing that is held any more and are put" in page.text
    assert "There is nothing to enter again" in page.text
    assert "All is well" in page.text
    assert "nothing can be added to" not in page.text
    assert forms_that_settle(page) == 0


def test_what_was_lost_is_listed_with_who_recorded_it_and_in_which_role(told: Told) -> None:
    restore(told, MeetingHeld, CaseAllocated)

    page = told.browser(OFFICER).get(PAGE)

    first, second = [row for row in page.tree.all("tr") if row.all("form")]
    event = event_of(MeetingHeld)
    assert f"Meeting held (event {event.sequence})" in first.text
    assert "23 November 2026, 12:45 by s.saucer-demo (Team manager)" in first.text
    assert WORDS_LOST[MeetingHeld] in first.text
    assert "Case allocated" in second.text
    assert page.links[CASE] == f"/audit/cases/{CASE}"
    assert "There is nothing to enter again" not in page.text
    assert "All is well" not in page.text


def test_a_line_is_settled_by_one_press_and_gone_for_both_doors(told: Told) -> None:
    (key,) = restore(told, ChildSeen)
    officer = told.browser(OFFICER)

    page = officer.send(officer.get(PAGE), form="settled")

    assert page.path == f"{PAGE}#after-restore"
    assert "There is nothing to enter again" in page.text
    assert told.call("GET", "healing")[1]["enter_again"] == []
    (kept,) = told.plumbing.service.database["lost_words"].find()
    assert (kept["_id"], kept["settled_by"]) == (key, OFFICER)


def test_settling_one_line_leaves_the_others(told: Told) -> None:
    first, second = restore(told, MeetingHeld, CaseAllocated)
    officer = told.browser(OFFICER)
    chosen = {"csrf_token": proof_of(officer.get(PAGE)), "key": first}

    assert officer.client.post(SETTLED, data=chosen).status_code == 303

    assert still_listed(told) == [second]
    assert told.call("POST", "healing/settled", key=second)[0] == 200
    assert "There is nothing to enter again" in officer.get(PAGE).text


@pytest.mark.parametrize("person", [AUDITOR, MANAGER])
def test_only_an_administrator_settles(told: Told, person: str) -> None:
    (key,) = restore(told, MeetingHeld)
    somebody = told.browser(person)
    if person == AUDITOR:
        page = somebody.get(PAGE)
        assert WORDS_LOST[MeetingHeld] in page.text
        assert forms_that_settle(page) == 0
    proof = proof_of(somebody.get(PAGE, status=200 if person == AUDITOR else 403))

    answer = somebody.client.post(SETTLED, data={"csrf_token": proof, "key": key})

    assert answer.status_code == 403
    assert still_listed(told) == [key]


def test_a_press_without_the_proof_that_it_was_ours_settles_nothing(told: Told) -> None:
    (key,) = restore(told, MeetingHeld)
    officer = told.browser(OFFICER)

    page = officer.send(officer.get(PAGE), form="settled", without=("csrf_token",))

    assert page.status == 400
    assert still_listed(told) == [key]


def test_a_line_that_is_not_there_is_answered_on_the_page(told: Told) -> None:
    (key,) = restore(told, MeetingHeld)
    officer = told.browser(OFFICER)

    page = officer.send(officer.get(PAGE), {"key": "strategy:MASH-AAAAA-AAAAA#1"}, form="settled")

    assert page.status == 404
    assert page.errors == ["Nothing is listed under this key. Look at the list again."]
    assert still_listed(told) == [key]


def test_records_that_nothing_can_be_added_to_are_named_with_what_to_do(told: Told) -> None:
    restore(told, report=Report(wounds=list(WOUNDS)))

    page = told.browser(AUDITOR).get(PAGE)

    assert "Records that nothing can be added to: 2" in page.text
    assert "Start a new referral for the child" in page.text
    rows = [row.text for row in page.tree.all("tr")]
    assert sum(CASE in row and NOT_HERE in row for row in rows) == 1
    assert sum(OTHER in row and "3 to 5" in row and FORKED in row for row in rows) == 1


def test_wounds_are_shown_where_somebody_restored_by_other_means(told: Told) -> None:
    told.plumbing.mark.healed(Report(wounds=list(WOUNDS)), at=told.clock.at)

    page = told.browser(OFFICER).get(PAGE)

    assert "After the restore" in page.text
    assert OTHER in page.text


def test_a_role_that_this_release_does_not_know_is_shown_as_it_is(told: Told) -> None:
    event = replace(event_of(MeetingHeld), actor_role="night-manager")
    restore(told)
    told.plumbing.lost.note([event], {event.sequence: WORDS_LOST[MeetingHeld]})

    assert "s.saucer-demo (night-manager)" in told.browser(OFFICER).get(PAGE).text
