"""An order: one step of a history, as the bulk door takes it. What was done, by whom, and when.

`mash generate` writes such steps a line each, and `mash import` sends them; every service says in a
table of its own which steps it takes (`services/*/schemas/orders.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from marshmallow import Schema, fields, post_load, pre_load
from marshmallow.validate import Regexp

from shared.events.codes import Role
from shared.events.seal import Actor
from shared.rules import Invalid
from shared.web.dates import GovDateTime
from shared.web.forms import CodeField, FormSchema
from shared.web.remedies import refuse_unseen

MOST_ORDERS: Final = 500
"""Orders in one request."""


ASK_CHILD: Final = "Give the reference of the child, like CH-AAAAA-AAAAA"


class StandsFor(StrEnum):
    """Whom the system itself has chosen: whoever that is on the case acts, and not `by`."""

    LEAD = "lead"
    SOCIAL_WORKER = "social-worker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One step of a history, as it was sent."""

    step: str
    case: str
    child: str | None = None
    at: datetime
    by: str
    stands_for: StandsFor | None = None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An order that can be carried out: the command, who did it and when."""

    ref: str
    command: Any
    by: Actor
    at: datetime
    stands_for: StandsFor | None = None
    entered_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A step that a service takes: who may do it, and how its body becomes a command.

    `read` raises marshmallow's ValidationError for a body that the single door would refuse.
    """

    schema: type[FormSchema]
    roles: tuple[Role, ...]
    read: Callable[[Order], Any]


class ChildMissing(Invalid):
    """A visit is to a child, and no child was named."""

    code = "child-missing"

    def __init__(self) -> None:
        super().__init__(ASK_CHILD, field="child")


def reference(shape: str, ask: str, **how: Any) -> fields.String:
    """A reference of a case or a child."""
    words: Any = {"required": ask, "null": ask, "invalid": ask}
    return fields.String(validate=Regexp(shape, error=ask), error_messages=words, **how)


class OrderIn(FormSchema):
    """One step of a history: which, of which case, by whom, when, and what the form was told."""

    step = fields.String(
        required=True,
        metadata={"label": "Step"},
        error_messages={"required": "Say which step this is, such as receive"},
    )
    case = reference(
        r"MASH-[0-9A-Z]{5}-[0-9A-Z]{5}\Z",
        "Give the reference of the case, like MASH-AAAAA-AAAAA",
        required=True,
    )
    child = reference(
        r"CH-[0-9A-Z]{5}-[0-9A-Z]{5}\Z",
        ASK_CHILD,
        load_default=None,
    )
    at = GovDateTime(required=True, metadata={"label": "When it happened"})
    by = fields.String(
        required=True,
        validate=Regexp(
            r"[a-z0-9][a-z0-9.-]{0,63}\Z", error="Give the sign-in of whoever did this"
        ),
        metadata={"label": "Who did it"},
        error_messages={"required": "Give the sign-in of whoever did this"},
    )
    stands_for = CodeField(StandsFor, load_default=None, metadata={"label": "Who stands for it"})
    body = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"label": "Body"},
        error_messages={
            "required": "Send the body of this step",
            "invalid": "Send the body of this step as an object",
        },
    )

    @pre_load
    def refuse_unseen(self, data: Any, **kwargs: Any) -> Any:
        """As every form does; the schema of the body names the field of the body."""
        refuse_unseen(data, [each for each in self.fields.values() if each.name != "body"])
        return data

    @post_load
    def build(self, loaded: dict[str, Any], **_: Any) -> Order:
        """Make the order."""
        return Order(**loaded)


class OrderOut(Schema):
    """What became of an order."""

    case = fields.String(required=True, allow_none=True)
    step = fields.String(required=True, allow_none=True)
    result = fields.String(
        required=True,
        metadata={
            "description": "taken; taken-before (the same order again: nothing changed); refused "
            "(see problem); not-yet (this service has not heard of the case: send it again); "
            "behind (an earlier order of the case was not taken: send it again after that one)"
        },
    )
    events = fields.Integer(metadata={"description": "Events of the record after it"})
    heard = fields.Integer(
        metadata={"description": "not-yet: how many events of the referral were heard here"}
    )
    problem = fields.Dict(keys=fields.String(), metadata={"description": "As RFC 9457 words it"})


class HeadOut(Schema):
    """How far a record has come."""

    case = fields.String(required=True)
    events = fields.Integer(required=True)
