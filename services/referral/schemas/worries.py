"""Section E of the referral form: what, when, how known, in whose words."""

from __future__ import annotations

from services.referral.domain.codes import NOT_KNOWN, HowKnown, Known, PrimaryNeed
from services.referral.schemas.parts import Form
from services.referral.schemas.questions import (
    NARRATIVE,
    NOT_KNOWN_HINT,
    NOT_KNOWN_WORDS,
    SHORT,
    UNNAMED_WORDS,
    day,
    is_time,
    one_of,
    shaped,
    some_of,
    text,
    tidy_time,
)
from shared.events.codes import Concern

ASK_INCIDENT_TIME = (
    "Enter the time of the latest incident, between 00:00 and 23:59 like 15:15, or “not known”"
)


def is_time_or_not_known(text: str) -> bool:
    """Is the text a time of day, or the code for one that is not known?"""
    return text == NOT_KNOWN or is_time(text)


class WorriesIn(Form):
    """Section E: the worries."""

    categories = some_of(
        "What are you worried about?",
        Concern,
        "Select what you are worried about",
        required=True,
    )
    main_category = one_of(
        "Which is the main worry?", Concern, "Select which worry is the main one", kind="select"
    )
    primary_need = one_of(
        "What lies behind it most of all?",
        PrimaryNeed,
        "Select what lies behind the main worry, or not known",
        hint="The primary need of the children in need census. If two fit, select the first of "
        "them. The hub confirms it",
    )
    worry_text = text(
        "Tell us about your worries",
        "Enter what you are worried about, in at least 40 characters",
        called="What you are worried about",
        hint="What happened, when, where, who was there, and how you know. "
        "Say what you saw or heard, and keep facts and opinion apart",
        limit=NARRATIVE,
        least=40,
        required=True,
    )
    happened_on = day("Date of the latest incident")
    happened_at = shaped(
        "Time of the latest incident",
        ASK_INCIDENT_TIME,
        right=is_time_or_not_known,
        tidy=tidy_time,
        hint=f"For example, 15:15. {NOT_KNOWN_HINT}",
    )
    ongoing_since = text(
        "Or, since when has this gone on?",
        "Enter since when this has gone on",
        called="Since when",
        hint="For example, since September. If you do not know, enter “not known”",
        limit=SHORT,
        codes=NOT_KNOWN_WORDS,
    )
    how_you_know = some_of("How do you know?", HowKnown, "Select how you know")
    told_by = text(
        "If somebody else told you, who was it?",
        "Enter the name of whoever told you, or “anonymous”",
        called="The name of whoever told you",
        hint="If they do not want to be named, enter “anonymous”",
        codes=UNNAMED_WORDS,
    )
    childs_words = text(
        "What did the child say?",
        "Enter what the child said, or why the child was not spoken to",
        called="What the child said",
        hint="Their exact words",
        limit=NARRATIVE,
    )
    childs_words_why_not = text(
        "Or, why was the child not spoken to?",
        "Enter why the child was not spoken to",
        called="Why the child was not spoken to",
        limit=500,
    )
    life_like_now = text(
        "What is daily life like for this child?",
        "Enter what daily life is like",
        called="Daily life",
        limit=NARRATIVE,
    )
    impact = text(
        "How does it affect this child?",
        "Enter how it affects the child",
        called="How it affects the child",
        limit=NARRATIVE,
    )
    injury_where = text(
        "Where on the body is the injury?",
        "Enter where on the body the injury is, or not known",
        called="Where the injury is",
        hint=NOT_KNOWN_HINT,
        codes=NOT_KNOWN_WORDS,
    )
    injury_description = text(
        "What does it look like?",
        "Describe the injury, or enter not known",
        called="What the injury looks like",
        hint="Size, colour and shape",
        limit=1_000,
        codes=NOT_KNOWN_WORDS,
    )
    injury_explanation = text(
        "What explanation was given, and by whom?",
        "Enter what explanation was given, or not known",
        called="The explanation given",
        limit=1_000,
        codes=NOT_KNOWN_WORDS,
    )
    injury_mobile = one_of(
        "Can the child move about alone?",
        Known,
        "Select whether the child can move about alone",
        hint="Crawling, cruising or walking",
    )
    injury_medical_seen = one_of(
        "Has a doctor or nurse seen the injury?",
        Known,
        "Select whether a doctor or nurse has seen the injury",
    )
