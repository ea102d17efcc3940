"""The rules between the answers of the referral form: what must be answered, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.referral.domain.codes import SEND_CHILDREN_HOME, HowKnown, Known
from services.referral.domain.report import (
    is_public,
    needs_a_reason,
    on_child_protection_route,
)
from services.referral.schemas.incident import latest_incident
from services.referral.schemas.parts import Faults
from shared.events.codes import Agreement, Concern, NotAskedReason, ReferralSource

Loaded = Mapping[str, Any]
Rule = Callable[[Loaded, Faults], None]

ASKED: Final = frozenset({Agreement.AGREED, Agreement.AGREED_IN_PART, Agreement.DID_NOT_AGREE})
SHORTEST_DETAIL: Final = 40
"""A reason for not asking says what makes the referrer think so, in about a sentence."""
ASK_DETAIL: Final = f"Enter what makes you think so, in at least {SHORTEST_DETAIL} characters"

ON_THE_FULL_FORM: Final[Mapping[str, str]] = {
    "referral_source": "Select who is making this referral",
    "main_category": "Select which worry is the main one",
    "primary_need": "Select what lies behind the main worry, or not known",
    "how_you_know": "Select how you know",
    "needs_to_happen": "Select what you want from us",
    "declaration": "Confirm that facts and opinion are kept apart and that you can be called today",
}
"""Answers that the full form asks for and the urgent short form does not."""


def full_form(loaded: Loaded, faults: Faults) -> None:
    """The full form asks for more than the urgent one: the rest can follow within 24 hours."""
    if loaded.get("urgent"):
        return
    for name, ask in ON_THE_FULL_FORM.items():
        faults.need(name, ask)


def who_told(loaded: Loaded, faults: Faults) -> None:
    """Somebody else who told the referrer is named, or is anonymous."""
    if not loaded.get("urgent") and HowKnown.SOMEONE_ELSE in (loaded.get("how_you_know") or ()):
        faults.need("told_by", "Enter the name of whoever told you, or “anonymous”")


def childs_voice(loaded: Loaded, faults: Faults) -> None:
    """What the child said, in the child's words, or why nobody asked (the voice of the child)."""
    if not loaded.get("urgent") and not faults.answered("childs_words_why_not"):
        faults.need("childs_words", "Enter what the child said, or why the child was not spoken to")


def main_worry(loaded: Loaded, faults: Faults) -> None:
    """The main worry is one of those ticked."""
    main, ticked = loaded.get("main_category"), loaded.get("categories")
    if main is not None and ticked is not None and main not in ticked:
        faults.add("main_category", "Select a main worry that is one of the worries you ticked")


def injury(loaded: Loaded, faults: Faults) -> None:
    """An alleged injury is described, so that a paediatrician can be asked at once (letter 31)."""
    if loaded.get("urgent") or Concern.PHYSICAL not in (loaded.get("categories") or ()):
        return
    faults.need("injury_where", "Enter where on the body the injury is, or not known")
    faults.need("injury_description", "Describe the injury, or enter not known")
    faults.need("injury_explanation", "Enter what explanation was given, or not known")
    faults.need("injury_mobile", "Select whether the child can move about alone")
    faults.need("injury_medical_seen", "Select whether a doctor or nurse has seen the injury")


def going_home(loaded: Loaded, faults: Faults) -> None:
    """A school knows whether the child goes home to the risk today, and when."""
    if not loaded.get("urgent") and loaded.get("referral_source") in SEND_CHILDREN_HOME:
        faults.need("going_home", "Select whether the child could go home to the risk today")
    if loaded.get("going_home") is Known.YES:
        faults.need("going_home_at", "Enter the time the child could go home, like 15:15")


def worker_safety(loaded: Loaded, faults: Faults) -> None:
    """A risk to whoever visits is said in words."""
    if loaded.get("worker_safety") is Known.YES:
        faults.need("worker_safety_detail", "Enter what the risk to staff visiting is")


def agreement(loaded: Loaded, faults: Faults) -> None:
    """What the family know, and why not where they do not.

    Asked of every referral, and required of none that may be a matter of child protection: missing
    agreement never stops that route. What is said there without its reason is completed by
    `with_a_reason`.

    Source: DfE advice on information sharing, 2024.
    """
    if is_child_protection(loaded):
        return
    faults.need("told_family", "Select whether you have told the parents or carers")
    faults.need("agreement", "Select whether the parents or carers agreed")
    answer = loaded.get("agreement")
    if answer in ASKED:
        _how_they_were_asked(answer, faults)
    if needs_a_reason(told_family=loaded.get("told_family"), agreement=answer):
        _why_they_were_not(loaded, faults)


def _how_they_were_asked(answer: Agreement, faults: Faults) -> None:
    faults.need("asked_who", "Enter who you asked")
    faults.need("asked_by", "Select who asked the parents or carers")
    faults.need("asked_when", "Enter when you asked")
    faults.need("asked_how", "Select how you asked")
    if answer is Agreement.AGREED_IN_PART:
        faults.need("agreed_scope", "Enter what they do not agree to share, or with whom")
    if answer is Agreement.DID_NOT_AGREE:
        faults.need("parent_views", "Enter what the parents or carers said, in their words")


def _why_they_were_not(loaded: Loaded, faults: Faults) -> None:
    faults.need("not_asked_reason", "Select why the parents or carers were not told or asked")
    faults.need("not_asked_detail", ASK_DETAIL)
    told = loaded.get("not_asked_detail")
    if told is not None and len(told) < SHORTEST_DETAIL:
        faults.add("not_asked_detail", f"{ASK_DETAIL}. You entered {len(told)}")
    waiting = (
        loaded.get("not_asked_reason") is NotAskedReason.COULD_NOT_REACH
        or loaded.get("agreement") is Agreement.NO_ANSWER_YET
    )
    if waiting:
        faults.need("will_ask_by", "Enter the date by which you will ask again")


def is_child_protection(loaded: Loaded) -> bool:
    """Is the referral, as far as it was answered, on the child-protection route?"""
    return on_child_protection_route(
        urgent=bool(loaded.get("urgent")),
        danger=loaded.get("immediate_danger"),
        concerns=frozenset(loaded.get("categories") or ()),
        threshold_level=loaded.get("threshold_level"),
    )


def who_is_telling(loaded: Loaded, faults: Faults) -> None:
    """A professional gives a name and a number; a member of the public may stay unnamed."""
    source = loaded.get("referral_source")
    if not is_public(source):
        if loaded.get("anonymous"):
            faults.add("anonymous", "Only a member of the public may stay unnamed. Enter your name")
        faults.need("ref_role", "Enter your job title")
        faults.need("ref_agency", "Enter your agency")
    if not is_public(source) or not (loaded.get("anonymous") or source is ReferralSource.ANONYMOUS):
        faults.need("ref_name", "Enter your name")
        faults.need("ref_phone", "Enter a telephone number we can reach you on today")


def threshold(loaded: Loaded, faults: Faults) -> None:
    """A professional says where they see the threshold; a member of the public is not asked."""
    if not loaded.get("urgent") and not is_public(loaded.get("referral_source")):
        faults.need("threshold_level", "Select the threshold level you think this is, 1 to 4")


RULES: Final[tuple[Rule, ...]] = (
    going_home,
    worker_safety,
    agreement,
    main_worry,
    latest_incident,
    who_told,
    childs_voice,
    injury,
    full_form,
    threshold,
    who_is_telling,
)
