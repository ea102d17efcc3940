"""One referral from form to visit is one whole line, through either door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.clock import london
from tests.builders import FICTIONAL_NAMES, a_child, a_decision, an_alleged_injury
from tests.journeys.lines import PERSONAL, check_line, line_of, streams_of
from tests.support.checker import fictional_names_in
from tests.support.doors import Browser
from tests.support.system import System
from tests.support.waiting import eventually
from tests.support.walk import CORE, WHOLE_LINE, Walk


def test_a_referral_sent_through_the_api_is_one_whole_line(system: System) -> None:
    ref = Walk(system).whole()

    line = check_line(system, ref, WHOLE_LINE)
    assert {clock["clock"] for clock in line["clocks"]} == {"decision", "allocation", "child-seen"}
    eventually(
        lambda: {clock["state"] for clock in line_of(system, ref)["clocks"]} == {"met"},
        "every promise is met",
    )
    assert all(entry["who"] and entry["words"] and entry["at"] for entry in line["entries"])


def test_a_referral_sent_through_the_pages_is_one_whole_line(system: System) -> None:
    ref = Pages(system).whole()

    check_line(system, ref, Pages.LINE)
    auditor = Browser(system, "auditor-demo")
    page = auditor.open(f"/audit/cases/{ref}")
    assert ref in page.text
    assert fictional_names_in(page.text, FICTIONAL_NAMES) == []


def test_no_childs_name_is_ever_in_a_log_or_in_an_event(system: System) -> None:
    ref = Walk(system).whole()
    check_line(system, ref, WHOLE_LINE)

    said = system.logs()
    assert "event taken" in said
    assert fictional_names_in(said, PERSONAL) == []
    assert fictional_names_in(str(streams_of(system, ref)), PERSONAL) == []


class Pages:
    """The same walk by people who use the pages; each step a few minutes after the one before."""

    LINE = tuple(
        kind
        for place, kind in enumerate(WHOLE_LINE)
        # One child on this case: what happens for each child happens once.
        if kind not in WHOLE_LINE[:place]
    )

    def __init__(self, system: System) -> None:
        self.system = system
        self.ref = self.case = ""

    def whole(self) -> str:
        """Go the whole way. Returns the reference."""
        self.receive()
        for step in (self.decide, self.call, self.acknowledge, self.hold, self.allocate):
            self._later()
            step()
        self._later()
        self.see()
        self._later()
        self.inform()
        return self.ref

    def receive(self) -> None:
        """A school fills in the full form."""
        school = Browser(self.system, "school-demo")
        body = an_alleged_injury(children=[a_child()])
        page = school.open(f"/referral/referrals/new?immediate_danger={body['immediate_danger']}")
        leave = ("submission_id", "urgent")
        answers = {name: value for name, value in body.items() if name not in leave}
        sent = school.fill(page.form_with("submission_id", "worry_text"), answers)
        self.ref = sent.url.split("/")[3]
        assert self.ref.startswith("MASH-")
        self.case = f"/strategy/cases/{self.ref}"

    def decide(self) -> None:
        """The MASH manager decides."""
        self._fill(
            "manager-demo",
            f"/referral/referrals/{self.ref}/decision",
            a_decision(),
            asks="rationale",
        )

    def call(self) -> None:
        """The MASH manager calls the meeting, once the case has arrived."""
        manager = Browser(self.system, "manager-demo")
        page = eventually(lambda: manager.open(f"{self.case}/meeting"), "it arrives", within=60)
        answers = {"starts_at": self._minute(), "mode": "video", "invited": list(CORE)}
        manager.fill(page.form_with("starts_at-day"), answers, at=f"{self.case}/meeting")

    def acknowledge(self) -> None:
        """The lead says: mine."""
        lead = Browser(self.system, self._lead())
        page = lead.open(f"{self.case}/lead/acknowledge")
        lead.fill(page.form_to("/lead/acknowledge"), {})

    def hold(self) -> None:
        """The lead records the meeting."""
        answers = {
            "held_at": self._minute(),
            "attendance": [{"presence": "attended", "can_decide": True} for _ in CORE],
            "section_47": True,
            "rationale": "Reasonable cause to suspect significant harm; a joint enquiry.",
            "medicals": [{"decision": "required"}],
        }
        self._fill(self._lead(), f"{self.case}/meeting/record", answers, asks="section_47")

    def allocate(self) -> None:
        """The lead allocates to the first social worker proposed."""
        lead = Browser(self.system, self._lead())
        form = lead.open(f"{self.case}/allocation").form_with("social_worker")
        evening = f"{self._minute()[:11]}21:00"
        answers = {
            "social_worker": form.first_offered("social_worker"),
            "plan": "See the child today, alone; speak with the parents; ring the school.",
            "visit_by": evening,
        }
        lead.fill(form, answers, at=f"{self.case}/allocation")

    def see(self) -> None:
        """The social worker records the visit."""
        case = Walk(self.system, ref=self.ref).strategy_case()
        child = case["children"][0]["child"]
        answers = {
            "seen_at": self._minute(),
            "seen_alone": True,
            "childs_views": "Drew a house with one window and talked about it.",
        }
        where = f"{self.case}/children/{child}/visit/seen"
        self._fill(case["allocation"]["social_worker"], where, answers, asks="childs_views")

    def inform(self) -> None:
        """A practitioner tells the referrer."""
        answers = {
            "informed_by": "telephone",
            "informed_at": self._minute(),
            "what_was_said": "A strategy meeting was held today.",
        }
        self._fill(
            "practitioner-demo",
            f"/referral/referrals/{self.ref}/feedback",
            answers,
            asks="informed_by",
        )

    def _fill(self, person: str, path: str, answers: dict[str, Any], *, asks: str) -> None:
        somebody = Browser(self.system, person)
        form = somebody.open(path).form_with("csrf_token", asks)
        somebody.fill(form, answers, at=path)

    def _lead(self) -> str:
        return Walk(self.system, ref=self.ref).lead()

    def _minute(self) -> str:
        return london(self.system.clock.now()).strftime("%Y-%m-%dT%H:%M")

    def _later(self) -> None:
        # Forms ask for minutes; each step is in a later one than the step before.
        self.system.clock.move_to(self.system.clock.now() + timedelta(minutes=2))
