"""The sections of the referral form, in the words people are asked in."""

from __future__ import annotations

from marshmallow import fields
from marshmallow.validate import Equal, Length

from services.referral.domain.codes import AskedBy, AskedHow, Known, Request, SafeTonight
from services.referral.schemas.parts import Form
from services.referral.schemas.questions import (
    LINE,
    NARRATIVE,
    NOT_KNOWN_HINT,
    NOT_KNOWN_WORDS,
    SHORT,
    day,
    is_time,
    level,
    moment,
    one_of,
    shaped,
    text,
    tidy_time,
    yes_or_no,
)
from shared.events.codes import Agreement, Danger, NotAskedReason, ReferralSource

ASK_TIME = "Enter a time between 00:00 and 23:59, like 15:15"


class SafetyIn(Form):
    """Section A: safety now."""

    immediate_danger = one_of(
        "Is the child in immediate danger now?",
        Danger,
        "Select whether the child is in immediate danger now",
        required=True,
    )
    where_child_now = text(
        "Where is the child now?",
        "Enter where the child is now, or not known",
        called="Where the child is now",
        hint=NOT_KNOWN_HINT,
        limit=500,
        required=True,
        codes=NOT_KNOWN_WORDS,
    )
    safe_tonight = one_of(
        "Is the place where the child will sleep tonight safe?",
        SafeTonight,
        "Select whether the child is safe tonight",
    )
    going_home = one_of(
        "Could the child go home to the risk today?",
        Known,
        "Select whether the child could go home to the risk today",
        hint="Schools and nurseries must answer this",
    )
    going_home_at = shaped(
        "When could the child go home?",
        ASK_TIME,
        right=is_time,
        tidy=tidy_time,
        hint="For example, 15:15",
    )
    worker_safety = one_of(
        "Is there any risk to staff visiting?",
        Known,
        "Select whether there is any risk to staff visiting",
    )
    worker_safety_detail = text(
        "What is the risk to staff?",
        "Enter what the risk to staff visiting is",
        called="The risk to staff",
        limit=500,
    )


class FamilyIn(Form):
    """Section D: what the family know."""

    told_family = yes_or_no(
        "Have you told the parents or carers that you are making this referral?",
        "Select whether you have told the parents or carers",
    )
    agreement = one_of(
        "Did they agree to the referral, and to agencies sharing information?",
        Agreement,
        "Select whether the parents or carers agreed",
        hint="You can still send this. Agreement is never needed to protect a child",
    )
    asked_who = text(
        "Who did you ask?",
        "Enter who you asked",
        called="Who you asked",
        hint="Name, and whether they have parental responsibility",
    )
    asked_by = one_of("Who asked them?", AskedBy, "Select who asked the parents or carers")
    asked_when = moment("When you asked", "Enter when you asked")
    asked_how = one_of("How did you ask?", AskedHow, "Select how you asked")
    agreed_scope = text(
        "Is there anything they do not agree to share, or with whom?",
        "Enter what they do not agree to share, or with whom",
        called="What they do not agree to share",
        limit=1_000,
    )
    parent_views = text(
        "What did the parents or carers say, in their words?",
        "Enter what the parents or carers said, in their words",
        called="What the parents or carers said",
        limit=NARRATIVE,
    )
    not_asked_reason = one_of(
        "If they were not told or asked, why not?",
        NotAskedReason,
        "Select why the parents or carers were not told or asked",
        hint="Where a child may be suffering significant harm this may be left blank: it is then "
        "recorded that waiting to ask would be unsafe",
    )
    not_asked_detail = text(
        "What makes you think so?",
        "Enter what makes you think so",
        called="What makes you think so",
        hint="If you could not reach them, say when and how you tried",
        limit=NARRATIVE,
    )
    will_ask_by = day("Date by which you will ask", hint="If you have no answer yet")


class RequestIn(Form):
    """Section F: strengths, help and request."""

    working_well = text(
        "What is working well?",
        "Enter what is working well",
        called="What is working well",
        hint="Who and what keeps the child safe",
        limit=NARRATIVE,
    )
    needs_to_happen = one_of("What do you want from us?", Request, "Select what you want from us")
    needs_to_happen_detail = text(
        "What needs to happen?",
        "Enter what needs to happen",
        called="What needs to happen",
        limit=NARRATIVE,
    )
    your_next_step = text(
        "What will your agency keep doing?",
        "Enter your next step",
        called="What your agency will keep doing",
        hint="A referral is not a handover",
        limit=NARRATIVE,
    )
    help_tried = text(
        "What help has been tried?",
        "Enter the help tried",
        called="The help tried",
        hint="Early help assessment, plan or team around the family, with dates and results",
        limit=NARRATIVE,
    )
    threshold_level = level(
        "Which threshold level do you think this is?",
        "Select the threshold level you think this is, 1 to 4",
        hint="Professionals must answer this",
    )
    threshold_why = text(
        "Which evidence puts it there?",
        "Enter the evidence",
        called="The evidence for the level",
        limit=NARRATIVE,
    )


class ReferrerIn(Form):
    """Section G: the referrer."""

    referral_source = one_of(
        "Who is making this referral?",
        ReferralSource,
        "Select who is making this referral",
        kind="select",
    )
    anonymous = yes_or_no(
        "Does the referrer want to stay unnamed?",
        "Select whether the referrer wants to stay unnamed",
        hint="A member of the public may. A professional may not",
    )
    ref_name = text("Your name", "Enter your name", limit=SHORT)
    ref_role = text("Your job title", "Enter your job title", limit=SHORT)
    ref_agency = text("Your agency", "Enter your agency")
    ref_phone = text(
        "Telephone number",
        "Enter a telephone number we can reach you on today",
        hint="A direct line we can reach you on today",
        limit=40,
    )
    reach_until = shaped(
        "Until what time can we reach you on it today?",
        ASK_TIME,
        right=is_time,
        tidy=tidy_time,
        hint="For example, 17:30",
    )
    ref_email = fields.Email(
        validate=Length(max=LINE, error=f"Email address must be {LINE} characters or fewer"),
        error_messages={
            "invalid": "Enter an email address in the correct format, like name@example.com"
        },
        metadata={"label": "Email address", "kind": "text"},
    )
    relationship_to_child = text(
        "How do you know the child, and since when?",
        "Enter how you know the child",
        called="How you know the child",
    )
    spoke_to_mash = text(
        "Have you already spoken to the hub about this?",
        "Enter who you spoke to",
        called="Who you spoke to",
        hint="Who with, and when",
    )
    declaration = fields.Boolean(
        validate=Equal(True, error="Confirm the declaration before you send"),
        error_messages={"invalid": "Confirm the declaration before you send"},
        metadata={
            "label": "Declaration",
            "kind": "checkboxes",
            "choices": (
                ("yes", "Facts and opinion are kept apart, and I will answer calls today"),
            ),
        },
    )
