"""How a broken rule is told: one exception class per rule, worded for the person who broke it."""

from __future__ import annotations

from typing import ClassVar


class RuleBroken(Exception):
    """A command that the rules of the work do not allow. Subclass it once per rule.

    `code` names the rule for machines, `status` is the HTTP status through both doors, `source` is
    the statute, guidance, letter or local policy behind the rule. `message` says what happened and
    what to do next, in the words of the work; `field` is the form field it belongs to, if any.
    """

    code: ClassVar[str] = "rule-broken"
    status: ClassVar[int] = 409
    source: ClassVar[str] = ""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(RuleBroken):
    """There is no such record, or not for this person: the answer is the same."""

    code = "not-found"
    status = 404


class Invalid(RuleBroken):
    """What was given cannot be right, whatever the state of the record."""

    code = "invalid"
    status = 422


class NotAllowed(RuleBroken):
    """This person may not do this."""

    code = "not-allowed"
    status = 403


class Overtaken(RuleBroken):
    """Somebody else changed the record at the same moment, again and again."""

    code = "overtaken"
    status = 409
