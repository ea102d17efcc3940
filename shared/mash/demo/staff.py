"""What staff do about a contact, through the pages: decide, match, meet, allocate, visit, tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from shared.mash.demo.morning import Contact, at_london
from shared.mash.demo.people import Person, Turned
from shared.mash.demo.waiting import until

HUB_MANAGER: Final = "m.rowan-demo"
PRACTITIONER: Final = "p.clover-demo"
CORE: Final = ["social-care", "police", "health"]
PLAN: Final = (
    "See every child today, alone where old enough; speak with both parents; check the bedroom; "
    "ring the school and the health visitor; back to me by the end of the day. Review in ten days."
)
RATIONALE: Final = (
    "The information of all agencies was put together: there is reasonable cause to suspect "
    "significant harm. Joint enquiry, roles agreed, parents told by the social worker today."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The people at the doors, by their sign-in."""

    people: Mapping[str, Person]
    team_managers: Mapping[str, str]
    """The manager to ask for each team, where no lead was assigned."""
    guidance_version: str

    def __getitem__(self, sign_in: str) -> Person:
        return self.people[sign_in]


def match(contact: Contact, known: Contact, hub: Hub) -> None:
    """A practitioner confirms that a child is one the hub knows."""
    page = hub[PRACTITIONER].open(f"/referral/referrals/{contact.ref}/match")
    for form in page.forms:
        if form.carries("known_case", known.ref):
            hub[PRACTITIONER].fill(form, {})
            contact.done.append("referral.child-matched")
            return
    raise Turned(f"The hub does not offer {known.key} as an earlier referral of {contact.key}")


def decide(contact: Contact, hub: Hub) -> None:
    """The MASH manager decides the threshold on the decision page."""
    told = {name: value for name, value in contact.story["decide"].items() if name != "at"}
    where = f"/referral/referrals/{contact.ref}/decision"
    form = hub[HUB_MANAGER].open(where).form_with("outcome", "rationale")
    hub[HUB_MANAGER].fill(form, {**told, "guidance_version": hub.guidance_version})
    contact.done.append("referral.threshold-decided")


def tell(contact: Contact, hub: Hub) -> None:
    """A practitioner tells the referrer, and records it as done a minute ago."""
    where = f"/referral/referrals/{contact.ref}/feedback"
    form = hub[PRACTITIONER].open(where).form_with("informed_by")
    told_at = at_london(contact.story["tell"]) - timedelta(minutes=1)
    answers = {
        "informed_by": "telephone",
        "informed_at": told_at.isoformat(),
        "what_was_said": contact.story["decide"]["feedback"],
    }
    hub[PRACTITIONER].fill(form, answers)
    contact.done.append("referral.referrer-informed")


def case_of(contact: Contact, hub: Hub) -> dict[str, Any]:
    """Return the case at the strategy service, as soon as it is there."""
    where = f"/strategy/api/cases/{contact.ref}"
    case: dict[str, Any] = until(
        lambda: hub[HUB_MANAGER].ask(where), f"the case of {contact.key} to be opened"
    )
    contact.children = [each["child"] for each in case["children"]]
    return case


def call_meeting(contact: Contact, hub: Hub) -> None:
    """The MASH manager calls the meeting; the system assigns who leads it."""
    case_of(contact, hub)
    planned = contact.story["meeting"]
    form = hub[HUB_MANAGER].open(f"{_case(contact)}/meeting").form_with("starts_at-day")
    answers = {
        "starts_at": planned["starts"],
        "mode": planned["mode"],
        "invited": [*CORE, *planned["invited"]],
    }
    hub[HUB_MANAGER].fill(form, answers)
    contact.done += ["strategy.case-opened", "strategy.meeting-called", "strategy.lead-assigned"]


def acknowledge(contact: Contact, hub: Hub) -> None:
    """The assigned lead says: mine."""
    lead = hub[lead_of(contact, hub)]
    page = lead.open(f"{_case(contact)}/lead/acknowledge")
    lead.fill(page.form_to("/lead/acknowledge"), {})
    contact.done.append("strategy.lead-acknowledged")


def wait_for_escalation(contact: Contact, hub: Hub) -> None:
    """Nobody acknowledges: the system passes the meeting on by itself."""
    until(
        lambda: case_of(contact, hub)["meetings"][-1]["passed_over"],
        f"the silent lead of {contact.key} to be passed over",
    )
    contact.done.append("strategy.lead-reassigned")


def hold(contact: Contact, hub: Hub) -> None:
    """The lead records who took part and what was decided."""
    planned = contact.story["meeting"]
    lead = hub[lead_of(contact, hub)]
    form = lead.open(f"{_case(contact)}/meeting/record").form_with("section_47")
    absent = planned.get("absent", [])
    attendance = [_presence(agency, absent) for agency in [*CORE, *planned["invited"]]]
    answers: dict[str, Any] = {
        "held_at": planned["starts"],
        "attendance": attendance,
        "section_47": planned["section_47"],
        "rationale": RATIONALE,
    }
    if absent:
        answers["emergency_reason"] = planned["emergency"]
        answers["follow_up_by"] = planned["follow_up"]
        contact.done.append("strategy.meeting-not-quorate")
    if medical := planned.get("medical"):
        answers["medicals"] = [{"decision": medical} for _ in contact.children]
        contact.done += ["strategy.medical-decided"] * len(contact.children)
    lead.fill(form, answers)
    contact.done.append("strategy.meeting-held")


def allocate(contact: Contact, hub: Hub) -> None:
    """The team manager allocates to the social worker whom the system proposes first."""
    case = case_of(contact, hub)
    if not case["meetings"]:
        contact.done.append("strategy.case-opened")
    manager = hub[lead_of(contact, hub) or hub.team_managers[case["team"]]]
    form = manager.open(f"{_case(contact)}/allocation").form_with("social_worker")
    contact.worker = form.first_offered("social_worker")
    evening = contact.story["allocate"][:11] + "21:00"
    manager.fill(form, {"social_worker": contact.worker, "plan": PLAN, "visit_by": evening})
    contact.done.append("strategy.case-allocated")


def visit(contact: Contact, planned: Mapping[str, Any], number: int, hub: Hub) -> None:
    """The social worker records a visit to one child: seen, or tried and not seen."""
    worker, child = hub[contact.worker], contact.children[number]
    where = f"{_case(contact)}/children/{child}/visit"
    if reason := planned.get("attempt"):
        form = worker.open(f"{where}/attempt").form_with("next_attempt_at-day")
        answers = {"attempted_at": planned["at"], "reason": reason}
        worker.fill(form, {**answers, "next_attempt_at": planned["next"]})
        contact.done.append("strategy.visit-attempted")
        return
    form = worker.open(f"{where}/seen").form_with("seen_at-day")
    answers = {"seen_at": planned["at"], "seen_alone": planned["alone"]}
    if not planned["alone"]:
        answers["not_alone_reason"] = planned["reason"]
    worker.fill(form, {**answers, "childs_views": planned["views"]})
    contact.done.append("strategy.child-seen")


def lead_of(contact: Contact, hub: Hub) -> str:
    """Return who leads the latest meeting; nobody when there was none."""
    meetings = case_of(contact, hub)["meetings"]
    return str(meetings[-1]["lead"]["person"]) if meetings else ""


def _presence(agency: str, absent: list[str]) -> dict[str, Any]:
    if agency in absent:
        return {"presence": "did-not-attend"}
    return {"presence": "attended", "can_decide": True}


def _case(contact: Contact) -> str:
    return f"/strategy/cases/{contact.ref}"
