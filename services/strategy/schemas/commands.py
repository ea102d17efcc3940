"""What people send, through a page or as JSON: one schema a command, unknown fields refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from marshmallow import ValidationError, fields, post_load, validate

from services.strategy.domain import commands
from services.strategy.domain.case import Attendance, Medical
from services.strategy.domain.commands import Command, DeclineReason
from services.strategy.schemas.parts import CHILD, LONGEST_LIST, code, moment, narrative, person
from shared.events.codes import (
    Agency,
    MedicalDecision,
    MeetingMode,
    NotAloneReason,
    NotSeenReason,
    Presence,
)
from shared.web.forms import CodeField, FormSchema

DECLINE_WORDS: Final[Mapping[DeclineReason, str]] = {
    DeclineReason.OTHER_URGENT_WORK: "Other urgent work at that time",
    DeclineReason.CONFLICT_OF_INTEREST: "I know the family or have another conflict of interest",
    DeclineReason.NOT_AT_WORK: "I am not at work at that time",
    DeclineReason.NOT_OUR_TEAM: "The case belongs to another team",
}


class Body(FormSchema):
    """A command without what its address says: the case, and the child where there is one."""

    command: ClassVar[type[Command]]

    submission_id = fields.String(
        required=True,
        validate=validate.Regexp(
            r"[A-Za-z0-9-]{8,64}\Z",
            error="Send a submission id of 8 to 64 letters, digits and hyphens.",
        ),
        metadata={"label": "Submission id", "kind": "hidden"},
        error_messages={"required": "Send a submission id, made before the form is sent."},
    )


class CallMeetingIn(Body):
    """Call a strategy meeting."""

    command = commands.CallMeeting

    starts_at = moment("When the meeting starts")
    mode = code(MeetingMode, "How the meeting is held")
    invited = fields.List(
        CodeField(Agency),
        required=True,
        validate=validate.Length(min=1, max=LONGEST_LIST, error="Select who is invited"),
        metadata={"label": "Who is invited"},
        error_messages={"required": "Select who is invited"},
    )
    core_missing_reason = narrative("Why social care, police or health is not invited")

    @post_load
    def as_tuple(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Each agency once, in the order given."""
        return {**loaded, "invited": tuple(dict.fromkeys(loaded["invited"]))}


class AcknowledgeLeadIn(Body):
    """The lead says: mine."""

    command = commands.AcknowledgeLead


class DeclineLeadIn(Body):
    """The lead cannot lead."""

    command = commands.DeclineLead

    reason = fields.Enum(
        DeclineReason,
        by_value=True,
        required=True,
        metadata={
            "label": "Why you cannot lead this meeting",
            "kind": "radios",
            "choices": tuple((each.value, text) for each, text in DECLINE_WORDS.items()),
        },
        error_messages={
            "required": "Select why you cannot lead this meeting",
            "unknown": "Select why you cannot lead this meeting from the list",
        },
    )


class OverrideLeadIn(Body):
    """A manager names another lead."""

    command = commands.OverrideLead

    lead = person("Who leads the meeting instead")
    reason = narrative("Why this person leads", required=True)


class AttendanceIn(FormSchema):
    """One agency's part in the meeting."""

    presence = code(Presence, "How the agency took part")
    agency = code(Agency, "Agency")
    can_decide = fields.Boolean(load_default=False, metadata={"label": "Can decide for the agency"})

    @post_load
    def build(self, loaded: dict[str, Any], **_: Any) -> Attendance:
        """Make the domain's value."""
        return Attendance(**loaded)


class MedicalIn(FormSchema):
    """Whether a paediatrician must see one child."""

    decision = code(MedicalDecision, "Whether a paediatrician must see the child")
    child = fields.String(required=True, validate=CHILD, metadata={"label": "Child"})
    reason = narrative("Why it is not required")
    approved_by = person(
        "Manager who approved that it is not required", required=False, load_default=None
    )

    @post_load
    def build(self, loaded: dict[str, Any], **_: Any) -> Medical:
        """Make the domain's value."""
        return Medical(**loaded)


class RecordMeetingIn(Body):
    """What the meeting came to."""

    command = commands.RecordMeetingHeld

    not_lead_reason = narrative("Why you led this meeting instead of the assigned lead")
    held_at = moment("When the meeting started")
    attendance = fields.List(
        fields.Nested(AttendanceIn),
        required=True,
        validate=validate.Length(min=1, max=LONGEST_LIST, error="Say who took part"),
        metadata={"label": "Who took part"},
    )
    emergency_reason = narrative("If not quorate: the emergency that made you go ahead")
    follow_up_by = moment(
        "If not quorate: when the follow-up meeting is due", required=False, load_default=None
    )
    section_47 = fields.Boolean(
        required=True,
        metadata={"label": "Does an enquiry under section 47 start?"},
        error_messages={"required": "Select whether an enquiry under section 47 starts"},
    )
    rationale = narrative("Why the meeting decided this", required=True)
    medicals = fields.List(
        fields.Nested(MedicalIn),
        load_default=tuple,
        validate=validate.Length(max=LONGEST_LIST),
        metadata={"label": "Paediatric decisions"},
    )

    @post_load
    def as_tuples(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The domain holds tuples."""
        rows = {name: tuple(loaded[name]) for name in ("attendance", "medicals")}
        return {**loaded, **rows}


class AllocateIn(Body):
    """Allocate the case to a social worker."""

    command = commands.AllocateCase

    social_worker = person("Social worker")
    plan = narrative(
        "Allocation plan",
        required=True,
        hint="What to do first, what is known, when the plan is reviewed",
    )
    visit_by = moment("When the children must be seen by")


class _VisitIn(Body):
    visited_by = person("Who visited", required=False, load_default=None)


class AttemptIn(_VisitIn):
    """A visit that did not see the child."""

    command = commands.RecordVisitAttempted

    attempted_at = moment("When you tried to see the child")
    reason = code(NotSeenReason, "Why the child was not seen")
    next_attempt_at = moment("When the next attempt is")


class SeenIn(_VisitIn):
    """A visit that saw the child."""

    command = commands.RecordChildSeen

    seen_at = moment("When you saw the child")
    seen_alone = fields.Boolean(
        required=True,
        metadata={"label": "Did you see the child alone?"},
        error_messages={"required": "Select whether you saw the child alone"},
    )
    not_alone_reason = code(
        NotAloneReason, "If not alone: why not", required=False, load_default=None
    )
    childs_views = narrative(
        "What the child said, or showed",
        required=True,
        hint="The child's own words where you can. For a baby or an unborn child, what you saw",
    )


def command_from(schema: Body, body: Any, **where: str) -> Any:
    """Return the command that a body asks for, or raise marshmallow's ValidationError.

    `where` is what the address says: the case and, for a visit, the child.
    """
    if not isinstance(body, Mapping):
        raise ValidationError({"_schema": ["Send an object with the fields of this command."]})
    return schema.command(**schema.load(body), **where)
