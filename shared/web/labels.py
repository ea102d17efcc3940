"""The words for every code of the event contract: the one place where a code becomes text.

Referral sources are worded as in the DfE children in need census (item N00152).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.events import codes

NOT_RECORDED: Final = "Not recorded"

LABELS: Final[Mapping[type[StrEnum], Mapping[StrEnum, str]]] = {
    codes.Role: {
        codes.Role.PARTNER: "Partner agency",
        codes.Role.MASH_PRACTITIONER: "MASH practitioner",
        codes.Role.MASH_MANAGER: "MASH manager",
        codes.Role.TEAM_MANAGER: "Team manager",
        codes.Role.SOCIAL_WORKER: "Social worker",
        codes.Role.AUDITOR: "Auditor",
        codes.Role.ADMINISTRATOR: "Administrator",
        codes.Role.SERVICE: "The system",
    },
    codes.ThresholdOutcome: {
        codes.ThresholdOutcome.NO_FURTHER_ACTION: "No further action",
        codes.ThresholdOutcome.INFORMATION_AND_ADVICE: "Information and advice",
        codes.ThresholdOutcome.EARLY_HELP: "Early help",
        codes.ThresholdOutcome.SINGLE_ASSESSMENT: "Single assessment (section 17)",
        codes.ThresholdOutcome.STRATEGY_MEETING: "Strategy meeting",
    },
    codes.ReferralSource: {
        codes.ReferralSource.FAMILY: "Individual: family member, relative or carer",
        codes.ReferralSource.ACQUAINTANCE: (
            "Individual: acquaintance, including neighbours and child minders"
        ),
        codes.ReferralSource.SELF: "Individual: self",
        codes.ReferralSource.OTHER_INDIVIDUAL: "Individual: other, including strangers and MPs",
        codes.ReferralSource.SCHOOLS: "Schools",
        codes.ReferralSource.EDUCATION_SERVICES: "Education services",
        codes.ReferralSource.GP: "Health services: GP",
        codes.ReferralSource.HEALTH_VISITOR: "Health services: health visitor",
        codes.ReferralSource.SCHOOL_NURSE: "Health services: school nurse",
        codes.ReferralSource.OTHER_PRIMARY_HEALTH: "Health services: other primary health",
        codes.ReferralSource.ACCIDENT_AND_EMERGENCY: (
            "Health services: A&E (accident and emergency department)"
        ),
        codes.ReferralSource.OTHER_HEALTH: "Health services: other, for example a hospice",
        codes.ReferralSource.HOUSING: "Housing: local authority housing or housing association",
        codes.ReferralSource.SOCIAL_CARE: (
            "Local authority services: social care, for example adults"
        ),
        codes.ReferralSource.OTHER_INTERNAL: (
            "Local authority services: other internal, for example youth offending"
        ),
        codes.ReferralSource.EXTERNAL_AUTHORITY: (
            "Local authority services: external, for example another council"
        ),
        codes.ReferralSource.EARLY_HELP_SERVICE: "Local authority services: early help",
        codes.ReferralSource.POLICE: "Police",
        codes.ReferralSource.OTHER_LEGAL: (
            "Other legal agency: courts, probation, immigration, CAFCASS or prison"
        ),
        codes.ReferralSource.OTHER: (
            "Other: children's centres, independent providers or voluntary organisations"
        ),
        codes.ReferralSource.ANONYMOUS: "Anonymous",
        codes.ReferralSource.UNKNOWN: "Unknown",
    },
    codes.Danger: {
        codes.Danger.YES: "Yes",
        codes.Danger.NO: "No",
        codes.Danger.NOT_SURE: "Not sure",
    },
    codes.Agreement: {
        codes.Agreement.AGREED: "They agreed",
        codes.Agreement.AGREED_IN_PART: "They agreed to part of it",
        codes.Agreement.DID_NOT_AGREE: "They did not agree",
        codes.Agreement.NOT_ASKED: "They were not asked",
        codes.Agreement.NO_ANSWER_YET: "They were asked and have not answered yet",
    },
    codes.NotAskedReason: {
        codes.NotAskedReason.RISK_TO_CHILD: "It would put the child at risk",
        codes.NotAskedReason.RISK_TO_OTHER: "It would put somebody else at risk",
        codes.NotAskedReason.POLICE_INVESTIGATION: "It could harm a police investigation",
        codes.NotAskedReason.UNSAFE_DELAY: "Waiting to ask would be unsafe",
        codes.NotAskedReason.ALLEGED_SOURCE_OF_HARM: (
            "The person alleged to have caused harm has parental responsibility"
        ),
        codes.NotAskedReason.FABRICATED_ILLNESS: "Fabricated or induced illness is suspected",
        codes.NotAskedReason.HONOUR_BASED_ABUSE: (
            "Forced marriage or so-called honour-based abuse is suspected"
        ),
        codes.NotAskedReason.COULD_NOT_REACH: "They could not be reached",
        codes.NotAskedReason.NOBODY_WITH_RESPONSIBILITY: (
            "Nobody with parental responsibility was available"
        ),
        codes.NotAskedReason.YOUNG_PERSON_ASKED: "The young person asked us not to",
    },
    codes.Concern: {
        codes.Concern.PHYSICAL: "Physical harm or injury",
        codes.Concern.EMOTIONAL: "Emotional harm",
        codes.Concern.SEXUAL: "Sexual harm",
        codes.Concern.NEGLECT: "Neglect",
        codes.Concern.DOMESTIC_ABUSE: "Domestic abuse",
        codes.Concern.SEXUAL_EXPLOITATION: "Child sexual exploitation",
        codes.Concern.CRIMINAL_EXPLOITATION: "Child criminal exploitation",
        codes.Concern.MISSING: "Missing from home or care",
        codes.Concern.TRAFFICKING: "Trafficking or modern slavery",
        codes.Concern.SERIOUS_VIOLENCE: "Gangs or serious violence",
        codes.Concern.ONLINE: "Online harm",
        codes.Concern.CHILD_ON_CHILD: "Harm by another child",
        codes.Concern.SELF_HARM: "Self-harm or suicide",
        codes.Concern.FGM: "Female genital mutilation",
        codes.Concern.HONOUR_BASED: "Forced marriage or so-called honour-based abuse",
        codes.Concern.FAITH_OR_BELIEF: "Abuse linked to faith or belief",
        codes.Concern.RADICALISATION: "Radicalisation",
        codes.Concern.SUBSTANCE_USE: "The child's use of alcohol or drugs",
        codes.Concern.PARENTAL_MENTAL_HEALTH: "A parent's or carer's mental health",
        codes.Concern.PARENTAL_SUBSTANCE_USE: "A parent's or carer's use of alcohol or drugs",
        codes.Concern.YOUNG_CARER: "Young carer",
        codes.Concern.PRIVATE_FOSTERING: "Private fostering",
        codes.Concern.DISABILITY_SUPPORT: "Support for a disabled child",
        codes.Concern.HOUSING_OR_MONEY: "Housing or money",
        codes.Concern.OTHER: "Something else",
    },
    codes.Door: {codes.Door.PAGE: "Online form", codes.Door.API: "Sent by another system"},
    codes.InformedBy: {
        codes.InformedBy.TELEPHONE: "Telephone",
        codes.InformedBy.SECURE_EMAIL: "Secure email",
        codes.InformedBy.LETTER: "Letter",
        codes.InformedBy.IN_PERSON: "In person",
    },
    codes.Agency: {
        codes.Agency.SOCIAL_CARE: "Children's social care",
        codes.Agency.POLICE: "Police",
        codes.Agency.HEALTH: "Health",
        codes.Agency.EDUCATION: "Education or school",
        codes.Agency.REFERRER: "The referrer",
        codes.Agency.PAEDIATRICIAN: "Paediatrician",
        codes.Agency.YOUTH_JUSTICE: "Youth justice",
        codes.Agency.ADULT_MENTAL_HEALTH: "Adult mental health",
        codes.Agency.SUBSTANCE_MISUSE: "Drug and alcohol service",
        codes.Agency.DOMESTIC_ABUSE_SERVICE: "Domestic abuse service",
        codes.Agency.HOUSING: "Housing",
        codes.Agency.PROBATION: "Probation",
        codes.Agency.OTHER: "Another agency",
    },
    codes.Presence: {
        codes.Presence.ATTENDED: "Attended",
        codes.Presence.SENT_REPORT: "Sent a report",
        codes.Presence.APOLOGIES: "Sent apologies",
        codes.Presence.DID_NOT_ATTEND: "Did not attend",
    },
    codes.MeetingMode: {
        codes.MeetingMode.IN_PERSON: "In person",
        codes.MeetingMode.VIDEO: "Video call",
        codes.MeetingMode.TELEPHONE: "Telephone call",
    },
    codes.Route: {
        codes.Route.STRATEGY_MEETING: "Strategy meeting",
        codes.Route.SINGLE_ASSESSMENT: "Single assessment (section 17)",
    },
    codes.AssignmentRule: {
        codes.AssignmentRule.CONTINUITY: "The team that already works with the family",
        codes.AssignmentRule.PATCH: "The team whose patch holds the address",
        codes.AssignmentRule.DEPUTY: "The named deputy",
        codes.AssignmentRule.NEIGHBOURING_TEAM: "The neighbouring team",
        codes.AssignmentRule.HEAD_OF_SERVICE: "The head of service",
        codes.AssignmentRule.OVERRIDE: "Chosen by a person, with a reason",
    },
    codes.ReassignedBecause: {
        codes.ReassignedBecause.NOT_ACKNOWLEDGED: "The lead did not acknowledge in time",
        codes.ReassignedBecause.DECLINED: "The lead declined",
        codes.ReassignedBecause.OVERRIDE: "Somebody chose another lead",
    },
    codes.MedicalDecision: {
        codes.MedicalDecision.REQUIRED: "A paediatrician must see the child",
        codes.MedicalDecision.NOT_REQUIRED: "Not required",
    },
    codes.NotSeenReason: {
        codes.NotSeenReason.NOBODY_AT_HOME: "Nobody was at home",
        codes.NotSeenReason.REFUSED_ENTRY: "Entry was refused",
        codes.NotSeenReason.CHILD_ELSEWHERE: "The child was somewhere else",
        codes.NotSeenReason.UNSAFE_TO_ENTER: "It was unsafe to go in",
        codes.NotSeenReason.WRONG_ADDRESS: "The address was wrong",
    },
    codes.NotAloneReason: {
        codes.NotAloneReason.BABY_OR_VERY_YOUNG: "A baby or very young child",
        codes.NotAloneReason.CHILD_DECLINED: "The child did not want to",
        codes.NotAloneReason.PARENT_REFUSED: "A parent or carer refused",
        codes.NotAloneReason.NEEDS_SUPPORTER: "The child needed a supporter or interpreter",
        codes.NotAloneReason.UNBORN: "The child is not born yet",
    },
    codes.Clock: {
        codes.Clock.DECISION: "Threshold decision",
        codes.Clock.ALLOCATION: "Allocation to a social worker",
        codes.Clock.CHILD_SEEN: "Child seen",
    },
}


def label_of(code: StrEnum) -> str:
    """The words of one code; a service's own code may bring its `label`, or is read as it is."""
    if type(code) in LABELS:
        return LABELS[type(code)][code]
    return str(getattr(code, "label", code.value.replace("-", " ").capitalize()))


def choices(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """Every code of a list with its words, in the list's own order, for radios and checkboxes."""
    return [(code.value, label_of(code)) for code in kind]


def code_words(code: object, kind: str | None = None) -> str:
    """The words for a code. A code read back as plain text needs its `kind`: `"Agency"`."""
    if code is None or code == "":
        return NOT_RECORDED
    if isinstance(code, bool):
        return "Yes" if code else "No"
    if isinstance(code, StrEnum):
        return label_of(code)
    found = {words for name, words in _readings(str(code)) if kind in {None, name}}
    if len(found) != 1:
        raise LookupError(f"{code!r} is no single code: name its kind, as in code_words('Agency')")
    return found.pop()


def _readings(text: str) -> list[tuple[str, str]]:
    return [
        (kind.__name__, words)
        for kind, labels in LABELS.items()
        for code, words in labels.items()
        if code.value == text
    ]
