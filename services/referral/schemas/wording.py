"""The words for the coded answers of the form; those of the contract are in shared.web.labels."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from services.referral.domain.codes import (
    AddressKind,
    AskedBy,
    AskedHow,
    Ethnicity,
    HowKnown,
    Known,
    LegalStatus,
    PrimaryNeed,
    Request,
    SafeTonight,
    Sex,
)
from services.referral.domain.stages import Stage, Waiting
from shared.web.labels import LABELS

WORDS: Final[Mapping[type[StrEnum], Mapping[StrEnum, str]]] = {
    Known: {Known.YES: "Yes", Known.NO: "No", Known.NOT_KNOWN: "Not known"},
    Sex: {Sex.FEMALE: "Female", Sex.MALE: "Male", Sex.NOT_KNOWN: "Not known"},
    AddressKind: {
        AddressKind.ADDRESS: "I know the address",
        AddressKind.NO_FIXED_ADDRESS: "No fixed address",
        AddressKind.NOT_KNOWN: "Not known",
    },
    SafeTonight: {
        SafeTonight.SAFE: "Safe",
        SafeTonight.NOT_SAFE: "Not safe",
        SafeTonight.NOT_KNOWN: "Not known",
    },
    AskedHow: {
        AskedHow.FACE_TO_FACE: "Face to face",
        AskedHow.TELEPHONE: "By telephone",
        AskedHow.IN_WRITING: "In writing",
        AskedHow.WITH_INTERPRETER: "With an interpreter",
    },
    AskedBy: {AskedBy.REFERRER: "I did", AskedBy.COLLEAGUE: "A colleague did"},
    HowKnown: {
        HowKnown.SAW_IT: "I saw it",
        HowKnown.CHILD_TOLD_ME: "The child told me",
        HowKnown.PARENT_TOLD_ME: "A parent or carer told me",
        HowKnown.ANOTHER_PROFESSIONAL: "Another professional told me",
        HowKnown.SOMEONE_ELSE: "Somebody else told me",
        HowKnown.RECORD_OR_REPORT: "From a record or report",
    },
    PrimaryNeed: {
        PrimaryNeed.ABUSE_OR_NEGLECT: "Abuse, neglect and exploitation (N1)",
        PrimaryNeed.CHILDS_DISABILITY: "Child's disability (N2)",
        PrimaryNeed.PARENTAL_DISABILITY_OR_ILLNESS: "Parental disability or illness (N3)",
        PrimaryNeed.FAMILY_IN_ACUTE_STRESS: "Family in acute stress (N4)",
        PrimaryNeed.FAMILY_DYSFUNCTION: "Family dysfunction (N5)",
        PrimaryNeed.UNACCEPTABLE_BEHAVIOUR: "Socially unacceptable behaviour (N6)",
        PrimaryNeed.LOW_INCOME: "Low income (N7)",
        PrimaryNeed.ABSENT_PARENTING: "Absent parenting (N8)",
        PrimaryNeed.NOT_STATED: "Not known",
    },
    Request: {
        Request.PROTECTION_NOW: "Protection now",
        Request.ASSESSMENT: "An assessment",
        Request.EARLY_HELP: "Early help",
        Request.ADVICE: "Advice",
        Request.INFORMATION_ONLY: "Nothing: this is for information",
    },
    LegalStatus: {
        LegalStatus.OPEN_TO_SOCIAL_CARE: "Open to social care",
        LegalStatus.CHILD_IN_NEED: "Child in need",
        LegalStatus.CHILD_PROTECTION_PLAN: "Child protection plan",
        LegalStatus.LOOKED_AFTER: "Looked after",
        LegalStatus.CARE_LEAVER: "Care leaver",
        LegalStatus.NONE: "None of these",
        LegalStatus.NOT_KNOWN: "Not known",
    },
    Ethnicity: {
        Ethnicity.WBRI: "White British",
        Ethnicity.WIRI: "White Irish",
        Ethnicity.WIRT: "Traveller of Irish heritage",
        Ethnicity.WOTH: "Any other White background",
        Ethnicity.WROM: "Gypsy or Roma",
        Ethnicity.MWBC: "White and Black Caribbean",
        Ethnicity.MWBA: "White and Black African",
        Ethnicity.MWAS: "White and Asian",
        Ethnicity.MOTH: "Any other mixed background",
        Ethnicity.AIND: "Indian",
        Ethnicity.APKN: "Pakistani",
        Ethnicity.ABAN: "Bangladeshi",
        Ethnicity.AOTH: "Any other Asian background",
        Ethnicity.CHNE: "Chinese",
        Ethnicity.BCRB: "Black Caribbean",
        Ethnicity.BAFR: "Black African",
        Ethnicity.BOTH: "Any other Black background",
        Ethnicity.OOTH: "Any other ethnic group",
        Ethnicity.REFU: "Refused",
        Ethnicity.NOBT: "Not obtained yet",
    },
    Stage: {
        Stage.RECEIVED: "Waiting for a decision",
        Stage.DECIDED: "Decided, referrer not told yet",
        Stage.REFERRER_INFORMED: "Decided, referrer told",
    },
    Waiting: {
        Waiting.DECISION: "Waiting for a decision",
        Waiting.FEEDBACK: "Decided, referrer not told yet",
        Waiting.DONE: "Decided, referrer told",
        Waiting.ALL: "All referrals",
    },
}

THRESHOLD_LEVELS: Final = (
    ("1", "Level 1: universal services"),
    ("2", "Level 2: early help by one agency"),
    ("3", "Level 3: complex needs, several agencies"),
    ("4", "Level 4: significant harm, or likely"),
)


def choices_of(codes: type[StrEnum]) -> list[tuple[str, str]]:
    """Return a list of codes with their words, in the list's own order."""
    words = WORDS.get(codes) or LABELS[codes]
    return [(code.value, words[code]) for code in codes]


def words_for(code: StrEnum) -> str:
    """Return the words for one coded answer."""
    words = WORDS.get(type(code)) or LABELS[type(code)]
    return words[code]
