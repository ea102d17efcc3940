"""The rules about cases, children and people that a command can break."""

from __future__ import annotations

from services.strategy.domain.broken.sources import THE_LETTER
from shared.rules import Invalid, NotAllowed, NotFound, RuleBroken


class CaseNotOpened(NotFound):
    """There is no case to work on."""

    code = "case-not-opened"
    source = "local policy: the case opens on the threshold decision"

    def __init__(self) -> None:
        super().__init__(
            "There is no such case here. Check the reference; a case opens when the threshold "
            "decision is a strategy meeting or a single assessment."
        )


class CaseNotHeardOf(CaseNotOpened):
    """An import is ahead: this service has heard only so many events of the referral."""

    def __init__(self, heard: int) -> None:
        super().__init__()
        self.heard = heard


class ChildNotOnCase(RuleBroken):
    """A visit or a decision names a child who is not on the case."""

    code = "child-not-on-case"
    status = 404
    source = "the letter: every child is seen, so the clock runs per child"

    def __init__(self, field: str = "child") -> None:
        super().__init__(
            "This child is not on this case. Check the child's reference on the case page.",
            field=field,
        )


class SubmissionReused(RuleBroken):
    """The same submission id came again with another body."""

    code = "submission-reused"
    source = "local policy: the same submission is one request"

    def __init__(self) -> None:
        super().__init__(
            "This form was already sent with other answers. Open the case to see what was stored, "
            "then start a new form if something must change.",
            field="submission_id",
        )


class UnknownPerson(Invalid):
    """Whoever is named must be in the team directory, in the right role."""

    code = "unknown-person"
    source = "the team directory"

    def __init__(self, needed: str, *, field: str) -> None:
        super().__init__(
            f"This person is not {needed} in the team directory. Choose somebody from the "
            "directory, or ask the administrator to correct it.",
            field=field,
        )


class NotYourTeam(NotAllowed):
    """Only a team manager of the team that has the case allocates it."""

    code = "not-your-team"
    source = THE_LETTER

    def __init__(self) -> None:
        super().__init__(
            "Only a manager of the team that has this case can allocate it. Ask that team's "
            "manager, their deputy or the head of service."
        )
