"""The coded answers of the referral form that never leave this service."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from shared.events.codes import Concern, ReferralSource

NOT_KNOWN: Final = "not-known"
"""How a referrer who truly does not know is recorded: as an answer of its own, never as a blank."""

ANONYMOUS: Final = "anonymous"
"""How somebody who told the referrer and stays unnamed is recorded."""


class Known(StrEnum):
    """A question that a referrer may not be able to answer."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = NOT_KNOWN


class Sex(StrEnum):
    """DfE children in need census: 1, 2 and 9; an unborn child is not asked about."""

    MALE = "male"
    FEMALE = "female"
    NOT_KNOWN = NOT_KNOWN


class AddressKind(StrEnum):
    """Where the child lives."""

    ADDRESS = "address"
    NO_FIXED_ADDRESS = "no-fixed-address"
    NOT_KNOWN = NOT_KNOWN


class SafeTonight(StrEnum):
    """Is the place where the child will sleep tonight safe?"""

    SAFE = "safe"
    NOT_SAFE = "not-safe"
    NOT_KNOWN = NOT_KNOWN


class AskedHow(StrEnum):
    """How the family was asked for agreement."""

    FACE_TO_FACE = "face-to-face"
    TELEPHONE = "telephone"
    IN_WRITING = "in-writing"
    WITH_INTERPRETER = "with-interpreter"


class AskedBy(StrEnum):
    """Who asked the family for agreement."""

    REFERRER = "referrer"
    COLLEAGUE = "colleague"


class HowKnown(StrEnum):
    """How the referrer came to know."""

    SAW_IT = "saw-it"
    CHILD_TOLD_ME = "child-told-me"
    PARENT_TOLD_ME = "parent-told-me"
    ANOTHER_PROFESSIONAL = "another-professional"
    SOMEONE_ELSE = "someone-else"
    RECORD_OR_REPORT = "record-or-report"


class PrimaryNeed(StrEnum):
    """DfE children in need census: the primary need code, as the referrer sees it.

    The order is the DfE's: where two fit, the first of them is meant. N0 is the census's own code
    for a need that is not stated, and is kept where the referrer does not know.
    """

    ABUSE_OR_NEGLECT = "N1"
    CHILDS_DISABILITY = "N2"
    PARENTAL_DISABILITY_OR_ILLNESS = "N3"
    FAMILY_IN_ACUTE_STRESS = "N4"
    FAMILY_DYSFUNCTION = "N5"
    UNACCEPTABLE_BEHAVIOUR = "N6"
    LOW_INCOME = "N7"
    ABSENT_PARENTING = "N8"
    NOT_STATED = "N0"


class Request(StrEnum):
    """What the referrer asks for."""

    PROTECTION_NOW = "protection-now"
    ASSESSMENT = "assessment"
    EARLY_HELP = "early-help"
    ADVICE = "advice"
    INFORMATION_ONLY = "information-only"


class LegalStatus(StrEnum):
    """What social care already is to the child, as far as the referrer knows."""

    OPEN_TO_SOCIAL_CARE = "open-to-social-care"
    CHILD_IN_NEED = "child-in-need"
    CHILD_PROTECTION_PLAN = "child-protection-plan"
    LOOKED_AFTER = "looked-after"
    CARE_LEAVER = "care-leaver"
    NONE = "none"
    NOT_KNOWN = NOT_KNOWN


class Ethnicity(StrEnum):
    """DfE ethnicity codes."""

    WBRI = "WBRI"
    WIRI = "WIRI"
    WIRT = "WIRT"
    WOTH = "WOTH"
    WROM = "WROM"
    MWBC = "MWBC"
    MWBA = "MWBA"
    MWAS = "MWAS"
    MOTH = "MOTH"
    AIND = "AIND"
    APKN = "APKN"
    ABAN = "ABAN"
    AOTH = "AOTH"
    CHNE = "CHNE"
    BCRB = "BCRB"
    BAFR = "BAFR"
    BOTH = "BOTH"
    OOTH = "OOTH"
    REFU = "REFU"
    NOBT = "NOBT"


MEMBERS_OF_THE_PUBLIC: Final = frozenset(
    {
        ReferralSource.FAMILY,
        ReferralSource.ACQUAINTANCE,
        ReferralSource.SELF,
        ReferralSource.OTHER_INDIVIDUAL,
        ReferralSource.ANONYMOUS,
    }
)
"""Who may stay unnamed, and is not asked for a threshold level. Everyone else is a professional."""

SEND_CHILDREN_HOME: Final = frozenset({ReferralSource.SCHOOLS, ReferralSource.EDUCATION_SERVICES})
"""Sources that know whether the child goes home to the risk today."""

ALWAYS_CHILD_PROTECTION: Final = frozenset({Concern.PHYSICAL, Concern.SEXUAL})
"""Worries for which missing agreement never stops a referral.

Source: DfE advice on information sharing, 2024."""

SIGNIFICANT_HARM: Final = 4
"""The threshold level of significant harm, or likely significant harm."""
