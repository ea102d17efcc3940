"""The coded vocabulary of the event contract: every word that may travel on the bus.

Sources: DfE children in need census (referral source, factors), Working Together 2023 as quoted by
local procedures (outcomes, agencies), local policy where marked.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Who is acting. Roles are data for the access table in `shared.auth`."""

    PARTNER = "partner"
    MASH_PRACTITIONER = "mash-practitioner"
    MASH_MANAGER = "mash-manager"
    TEAM_MANAGER = "team-manager"
    SOCIAL_WORKER = "social-worker"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"
    """Another service reading a feed, or a service acting on an event it heard."""


class ThresholdOutcome(StrEnum):
    """The five outcomes of a threshold decision (Working Together 2023)."""

    NO_FURTHER_ACTION = "no-further-action"
    INFORMATION_AND_ADVICE = "information-and-advice"
    EARLY_HELP = "early-help"
    SINGLE_ASSESSMENT = "single-assessment"
    STRATEGY_MEETING = "strategy-meeting"


class ReferralSource(StrEnum):
    """DfE children in need census, item N00152."""

    FAMILY = "1A"
    ACQUAINTANCE = "1B"
    SELF = "1C"
    OTHER_INDIVIDUAL = "1D"
    SCHOOLS = "2A"
    EDUCATION_SERVICES = "2B"
    GP = "3A"
    HEALTH_VISITOR = "3B"
    SCHOOL_NURSE = "3C"
    OTHER_PRIMARY_HEALTH = "3D"
    ACCIDENT_AND_EMERGENCY = "3E"
    OTHER_HEALTH = "3F"
    HOUSING = "4"
    SOCIAL_CARE = "5A"
    OTHER_INTERNAL = "5B"
    EXTERNAL_AUTHORITY = "5C"
    EARLY_HELP_SERVICE = "5D"
    POLICE = "6"
    OTHER_LEGAL = "7"
    OTHER = "8"
    ANONYMOUS = "9"
    UNKNOWN = "10"


class Danger(StrEnum):
    """Is the child in immediate danger now?"""

    YES = "yes"
    NO = "no"
    NOT_SURE = "not-sure"


class Agreement(StrEnum):
    """What the parents or carers said when asked; never a gate on a child-protection route."""

    AGREED = "agreed"
    AGREED_IN_PART = "agreed-in-part"
    DID_NOT_AGREE = "did-not-agree"
    NOT_ASKED = "not-asked"
    NO_ANSWER_YET = "no-answer-yet"


class NotAskedReason(StrEnum):
    """Why the family was not told or asked."""

    RISK_TO_CHILD = "risk-to-child"
    RISK_TO_OTHER = "risk-to-other"
    POLICE_INVESTIGATION = "police-investigation"
    UNSAFE_DELAY = "unsafe-delay"
    ALLEGED_SOURCE_OF_HARM = "alleged-source-of-harm-has-parental-responsibility"
    FABRICATED_ILLNESS = "suspected-fabricated-illness"
    HONOUR_BASED_ABUSE = "forced-marriage-or-honour-based-abuse"
    COULD_NOT_REACH = "could-not-reach"
    NOBODY_WITH_RESPONSIBILITY = "nobody-with-parental-responsibility-available"
    YOUNG_PERSON_ASKED = "young-person-asked-us-not-to"


class Concern(StrEnum):
    """What the referrer is worried about."""

    PHYSICAL = "physical"
    EMOTIONAL = "emotional"
    SEXUAL = "sexual"
    NEGLECT = "neglect"
    DOMESTIC_ABUSE = "domestic-abuse"
    SEXUAL_EXPLOITATION = "child-sexual-exploitation"
    CRIMINAL_EXPLOITATION = "child-criminal-exploitation"
    MISSING = "missing"
    TRAFFICKING = "trafficking-or-modern-slavery"
    SERIOUS_VIOLENCE = "gangs-or-serious-violence"
    ONLINE = "online"
    CHILD_ON_CHILD = "child-on-child"
    SELF_HARM = "self-harm-or-suicide"
    FGM = "female-genital-mutilation"
    HONOUR_BASED = "forced-marriage-or-honour-based-abuse"
    FAITH_OR_BELIEF = "faith-or-belief"
    RADICALISATION = "radicalisation"
    SUBSTANCE_USE = "substance-use"
    PARENTAL_MENTAL_HEALTH = "parental-mental-ill-health"
    PARENTAL_SUBSTANCE_USE = "parental-substance-use"
    YOUNG_CARER = "young-carer"
    PRIVATE_FOSTERING = "private-fostering"
    DISABILITY_SUPPORT = "disability-support"
    HOUSING_OR_MONEY = "housing-or-money"
    OTHER = "other"


class Door(StrEnum):
    """How a referral came in."""

    PAGE = "page"
    API = "api"


class InformedBy(StrEnum):
    """How the referrer was told the outcome."""

    TELEPHONE = "telephone"
    SECURE_EMAIL = "secure-email"
    LETTER = "letter"
    IN_PERSON = "in-person"


class Agency(StrEnum):
    """Who may be invited to a strategy meeting. The first three make the quorum."""

    SOCIAL_CARE = "social-care"
    POLICE = "police"
    HEALTH = "health"
    EDUCATION = "education"
    REFERRER = "referrer"
    PAEDIATRICIAN = "paediatrician"
    YOUTH_JUSTICE = "youth-justice"
    ADULT_MENTAL_HEALTH = "adult-mental-health"
    SUBSTANCE_MISUSE = "substance-misuse"
    DOMESTIC_ABUSE_SERVICE = "domestic-abuse-service"
    HOUSING = "housing"
    PROBATION = "probation"
    OTHER = "other"


class Presence(StrEnum):
    """How an invited agency took part."""

    ATTENDED = "attended"
    SENT_REPORT = "sent-report"
    APOLOGIES = "apologies"
    DID_NOT_ATTEND = "did-not-attend"


class MeetingMode(StrEnum):
    """How the strategy meeting is held."""

    IN_PERSON = "in-person"
    VIDEO = "video"
    TELEPHONE = "telephone"


class Route(StrEnum):
    """How a case came to the team that will carry the work."""

    STRATEGY_MEETING = "strategy-meeting"
    SINGLE_ASSESSMENT = "single-assessment"


class AssignmentRule(StrEnum):
    """Which step of the order of assignment chose the lead (DECISIONS, who leads)."""

    CONTINUITY = "continuity"
    PATCH = "patch"
    DEPUTY = "deputy"
    NEIGHBOURING_TEAM = "neighbouring-team"
    HEAD_OF_SERVICE = "head-of-service"
    OVERRIDE = "override"


class ReassignedBecause(StrEnum):
    """Why the lead changed."""

    NOT_ACKNOWLEDGED = "not-acknowledged"
    DECLINED = "declined"
    OVERRIDE = "override"


class MedicalDecision(StrEnum):
    """Paediatric decision for one child when physical harm is alleged (the letter, item 31)."""

    REQUIRED = "required"
    NOT_REQUIRED = "not-required"


class NotSeenReason(StrEnum):
    """Why a visit did not see the child."""

    NOBODY_AT_HOME = "nobody-at-home"
    REFUSED_ENTRY = "refused-entry"
    CHILD_ELSEWHERE = "child-elsewhere"
    UNSAFE_TO_ENTER = "unsafe-to-enter"
    WRONG_ADDRESS = "wrong-address"


class NotAloneReason(StrEnum):
    """Why a child who was seen was not seen alone."""

    BABY_OR_VERY_YOUNG = "baby-or-very-young"
    CHILD_DECLINED = "child-declined"
    PARENT_REFUSED = "parent-refused"
    NEEDS_SUPPORTER = "needs-supporter-or-interpreter"
    UNBORN = "unborn"


class Clock(StrEnum):
    """The promises that are timed. Limits are data: `shared/practice/data/time_limits.json`."""

    DECISION = "decision"
    ALLOCATION = "allocation"
    CHILD_SEEN = "child-seen"
