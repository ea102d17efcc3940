"""The referral form: one schema for the page and for the API, all faults told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final, TypeVar

from marshmallow import fields, post_load, pre_load, validates_schema
from marshmallow.validate import Equal, Length, Regexp

from services.referral.domain.codes import (
    AskedHow,
    HowKnown,
    Known,
    Request,
    SafeTonight,
)
from services.referral.domain.report import (
    FamilyView,
    Referrer,
    Report,
    ReportedChild,
    RequestAndStrengths,
    Safety,
    Worries,
)
from services.referral.schemas.child import ChildIn
from services.referral.schemas.parts import (
    LINE,
    NARRATIVE,
    SHORT,
    Faults,
    Form,
    is_blank,
    one_of,
    some_of,
    text,
    whole_number,
    words,
    yes_or_no,
)
from services.referral.schemas.rules import RULES, not_in_the_future
from shared.clock import london
from shared.events.codes import Agreement, Concern, Danger, NotAskedReason, ReferralSource
from shared.web.dates import GovDate, GovDateTime

MOST_CHILDREN: Final = 20
ASK_SUBMISSION: Final = (
    "Send a submission_id: a UUID made once for this referral and repeated when you try again"
)
ASK_TIME: Final = "Enter a time between 00:00 and 23:59, like 15:15"

P = TypeVar("P")


class ReferralIn(Form):
    """A referral as sent. In page order: safety, children, family, worries, request, referrer."""

    submission_id = fields.UUID(
        required=True,
        error_messages=words(ASK_SUBMISSION),
    )
    urgent = yes_or_no("Select whether this is the urgent short form")

    immediate_danger = one_of(
        Danger, "Select whether the child is in immediate danger now", required=True
    )
    where_child_now = text(
        "Enter where the child is now, or not known",
        called="Where the child is now",
        limit=500,
        required=True,
        not_known=True,
    )
    safe_tonight = one_of(SafeTonight, "Select whether the child is safe tonight")
    going_home = one_of(Known, "Select whether the child could go home to the risk today")
    going_home_at = fields.String(
        validate=Regexp(r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", error=ASK_TIME),
        error_messages={"invalid": ASK_TIME},
    )
    worker_safety = one_of(Known, "Select whether there is any risk to staff visiting")
    worker_safety_detail = text("Enter the risk", called="Risk to staff", limit=500)

    children = fields.List(
        fields.Nested(ChildIn),
        required=True,
        validate=Length(min=1, max=MOST_CHILDREN, error="Add from 1 to 20 children"),
        error_messages=words("Add at least one child"),
    )

    told_family = yes_or_no("Select whether you have told the parents or carers")
    agreement = one_of(Agreement, "Select whether the parents or carers agreed")
    asked_who = text("Enter who you asked", called="Who you asked")
    asked_when = GovDateTime(metadata={"label": "When you asked"})
    asked_how = one_of(AskedHow, "Select how you asked")
    agreed_scope = text("Enter what they do not agree to", called="What they agreed to", limit=1000)
    parent_views = text("Enter what they said", called="What they said", limit=NARRATIVE)
    not_asked_reason = one_of(NotAskedReason, "Select why they were not told or asked")
    not_asked_detail = text(
        "Enter what makes you think so",
        called="What makes you think so",
        limit=NARRATIVE,
        least=40,
    )
    will_ask_by = GovDate(metadata={"label": "Date by which you will ask"})

    categories = some_of(Concern, "Select what you are worried about", required=True)
    main_category = one_of(Concern, "Select which worry is the main one")
    worry_text = text(
        "Enter what you are worried about, in at least 40 characters",
        called="What you are worried about",
        limit=NARRATIVE,
        least=40,
        required=True,
    )
    happened_on = GovDate(metadata={"label": "Date of the latest incident"})
    happened_at = text("Enter the time", called="Time of the latest incident", limit=SHORT)
    ongoing_since = text("Enter since when", called="Ongoing since", limit=SHORT, not_known=True)
    how_you_know = some_of(HowKnown, "Select how you know")
    childs_words = text("Enter the child's words", called="The child's words", limit=NARRATIVE)
    childs_words_why_not = text(
        "Enter why the child was not spoken to", called="Why the child was not spoken to", limit=500
    )
    life_like_now = text("Enter what daily life is like", called="Daily life", limit=NARRATIVE)
    impact = text("Enter how it affects the child", called="Effect on the child", limit=NARRATIVE)
    injury_where = text(
        "Enter where the injury is", called="Where the injury is", limit=500, not_known=True
    )
    injury_description = text(
        "Describe the injury", called="Description of the injury", limit=NARRATIVE, not_known=True
    )
    injury_explanation = text(
        "Enter the explanation given", called="Explanation given", limit=NARRATIVE, not_known=True
    )
    injury_mobile = one_of(Known, "Select whether the child can move about alone")
    injury_medical_seen = one_of(Known, "Select whether a doctor or nurse has seen the injury")

    working_well = text("Enter what is working well", called="Working well", limit=NARRATIVE)
    needs_to_happen = one_of(Request, "Select what you want from us")
    needs_to_happen_detail = text(
        "Enter what needs to happen", called="What needs to happen", limit=NARRATIVE
    )
    your_next_step = text("Enter your next step", called="Your next step", limit=NARRATIVE)
    help_tried = text("Enter the help tried", called="Help tried so far", limit=NARRATIVE)
    threshold_level = whole_number("Select a threshold level from 1 to 4", least=1, most=4)
    threshold_why = text("Enter the evidence", called="Evidence for the level", limit=NARRATIVE)

    referral_source = one_of(ReferralSource, "Select who is making this referral")
    anonymous = yes_or_no("Select whether the referrer wants to stay unnamed")
    ref_name = text("Enter your name", called="Your name", limit=SHORT)
    ref_role = text("Enter your job title", called="Your job title", limit=SHORT)
    ref_agency = text("Enter your agency", called="Your agency")
    ref_phone = text("Enter a telephone number", called="Telephone number", limit=40)
    ref_email = fields.Email(
        validate=Length(max=LINE, error=f"Email address must be {LINE} characters or fewer"),
        error_messages={
            "invalid": "Enter an email address in the correct format, like name@example.com"
        },
    )
    relationship_to_child = text("Enter how you know the child", called="How you know the child")
    spoke_to_mash = text("Enter who you spoke to", called="Who you spoke to", limit=500)
    declaration = fields.Boolean(
        validate=Equal(True, error="Confirm the declaration before you send"),
        error_messages={"invalid": "Confirm the declaration before you send"},
    )

    def __init__(self, *, now: datetime | None = None, **how: Any) -> None:
        super().__init__(**how)
        self.now = now

    @pre_load
    def tell_the_children(self, given: Any, **_: Any) -> Any:
        """Judge each child by the form it is on: its day, and whether it is the urgent one."""
        child = self.fields["children"].inner.schema  # type: ignore[attr-defined]
        child.today = london(self._now).date()
        child.urgent = isinstance(given, Mapping) and given.get("urgent") in (True, "yes", "true")
        return given

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def rules_between_answers(
        self, loaded: dict[str, Any], original: Mapping[str, Any], **_: Any
    ) -> None:
        """Apply every rule between answers and tell all faults together."""
        faults = Faults(original)
        for rule in RULES:
            rule(loaded, faults)
        not_in_the_future(loaded, faults, now=self._now, today=london(self._now).date())
        faults.tell()

    @post_load
    def to_report(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the submission's id and the report, its answers in their sections."""
        source = loaded.setdefault("referral_source", ReferralSource.UNKNOWN)
        if source is ReferralSource.ANONYMOUS:
            loaded["anonymous"] = True
        report = Report(
            urgent=loaded.get("urgent", False),
            safety=_section(Safety, loaded),
            children=tuple(_section(ReportedChild, child) for child in loaded["children"]),
            family=_section(FamilyView, loaded),
            worries=_section(Worries, loaded),
            request=_section(RequestAndStrengths, loaded),
            referrer=_section(Referrer, loaded),
        )
        return {"submission_id": str(loaded["submission_id"]), "report": report}

    @property
    def _now(self) -> datetime:
        if self.now is None:
            raise RuntimeError("ReferralIn: give now=, the time of the submission")
        return self.now


def _section(kind: type[P], loaded: Mapping[str, Any]) -> P:
    """Return one section of the report: the answers whose names are its fields."""
    answers = {
        each.name: tuple(value) if isinstance(value := loaded[each.name], list) else value
        for each in fields_of(kind)  # type: ignore[arg-type]
        if each.name in loaded and not is_blank(loaded[each.name])
    }
    return kind(**answers)
