"""The bulk door: orders in, and of each what became of it. One bad order hides no other.

The body of an order passes the very schema of the single door, and is judged by the same rules in
the role of whoever did it; a refusal says in the same words which field it is about.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from marshmallow import ValidationError
from pymongo.errors import PyMongoError

from shared.auth import Accounts
from shared.events.seal import Actor
from shared.history import require_past
from shared.orders import MOST_ORDERS, Entry, Kind, Order, OrderIn
from shared.rules import Invalid, NotAllowed, RuleBroken
from shared.store import Behind, Done
from shared.web.problems import field_path, normalized, problem_of, rule_words

log = logging.getLogger(__name__)

ORDER: Final = OrderIn()
OWN: Final = frozenset(ORDER.fields)
"""What is said of every step, beside its body."""

Outcome = Done[Any] | Exception
CarryOut = Callable[[Sequence[Entry]], list[Outcome]]


class UnknownStep(Invalid):
    """A step that this service does not take."""

    code = "unknown-step"

    def __init__(self, known: Mapping[str, Kind]) -> None:
        steps = ", ".join(known)
        super().__init__(f"This is no step of this service. It takes: {steps}", field="step")


class UnknownDoer(Invalid):
    """Whoever did it must be among the people of the system, also long after they left."""

    code = "unknown-doer"

    def __init__(self) -> None:
        super().__init__(
            "Nobody has this sign-in. Correct it; or ask for an account without a password, which "
            "names somebody who cannot sign in any more",
            field="by",
        )


class NotTheirs(NotAllowed):
    """The roles of whoever did it do not include this step."""

    code = "not-theirs"

    def __init__(self, kind: Kind) -> None:
        roles = " or ".join(role.value for role in kind.roles)
        super().__init__(
            f"The roles of this person do not include this step: it is for {roles}. Correct who "
            "did it, or their roles",
            field="by",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkDoor:
    """What the bulk door of a service works with."""

    kinds: Mapping[str, Kind]
    accounts: Accounts
    carry_out: CarryOut
    not_opened: type[RuleBroken] | None = None
    """What a service says of a case that it has not heard of: to be sent again, not refused."""

    def take(self, body: Any, *, by: Actor, now: datetime) -> list[dict[str, Any]]:
        """Return what became of each order, in the order sent.

        Raises ValidationError for what is no list of orders, and PyMongoError when the store did
        not answer: then some may be taken, and all may be sent again.
        """
        if not isinstance(body, list) or len(body) > MOST_ORDERS:
            raise ValidationError({"_schema": [f"Send a list of at most {MOST_ORDERS} orders"]})
        outcomes, ready = self._read(body, by=by, now=now)
        carried = self.carry_out([entry for _, entry in ready]) if ready else []
        for (place, _), outcome in zip(ready, carried, strict=True):
            outcomes[place] = outcome
        return [self._told(each, outcome) for each, outcome in zip(body, outcomes, strict=True)]

    def _read(
        self, body: Sequence[Any], *, by: Actor, now: datetime
    ) -> tuple[list[Outcome], list[tuple[int, Entry]]]:
        outcomes: list[Outcome] = []
        ready: list[tuple[int, Entry]] = []
        refused: set[str] = set()
        for place, raw in enumerate(body):
            case = _text(raw, "case")
            outcome: Exception = Behind()
            if case not in refused:
                try:
                    ready.append((place, self._entry(raw, by=by, now=now)))
                except (ValidationError, RuleBroken) as fault:
                    outcome = fault
                    refused |= {case} if case else set()
            outcomes.append(outcome)
        return outcomes, ready

    def _entry(self, raw: Any, *, by: Actor, now: datetime) -> Entry:
        order: Order = ORDER.load(raw)
        require_past(order.at, now=now)
        kind = self.kinds.get(order.step)
        if kind is None:
            raise UnknownStep(self.kinds)
        person = self.accounts.person(order.by)
        if person is None:
            raise UnknownDoer
        role = next((each for each in person.roles if each in kind.roles), None)
        if role is None:
            raise NotTheirs(kind)
        try:
            command = kind.read(order)
        except ValidationError as fault:
            raise ValidationError({"body": normalized(fault)}) from None
        return Entry(
            ref=order.case,
            command=command,
            by=Actor(person.id, role),
            at=order.at,
            stands_for=order.stands_for,
            entered_by=by.id,
        )

    def _told(self, raw: Any, outcome: Outcome) -> dict[str, Any]:
        told: dict[str, Any] = {"case": _text(raw, "case"), "step": _text(raw, "step")}
        if isinstance(outcome, Done):
            result = "taken" if outcome.changed else "taken-before"
            return {**told, "result": result, "events": outcome.root.version}
        if isinstance(outcome, PyMongoError):
            raise outcome
        if self.not_opened and isinstance(outcome, self.not_opened):
            told["heard"] = getattr(outcome, "heard", 0)
            return {**told, "result": "not-yet", "problem": problem(raw, outcome)}
        result = "behind" if isinstance(outcome, Behind) else "refused"
        return {**told, "result": result, "problem": problem(raw, outcome)}


def problem(raw: Any, fault: Exception) -> dict[str, Any]:
    """Return a refusal as RFC 9457 words it: in the words of the single door."""
    if isinstance(fault, ValidationError):
        return problem_of(422, errors=normalized(fault))
    if isinstance(fault, RuleBroken):
        errors = {_place(raw, fault.field): [str(fault)]} if fault.field else None
        return problem_of(fault.status, errors=errors, **rule_words(fault))
    # As of any error: the words of an exception may quote what somebody typed.
    log.error("an order could not be carried out", extra={"error": type(fault).__name__})
    return problem_of(500, detail="This step could not be handled. Tell whoever runs the system")


def _place(raw: Any, field: str) -> tuple[str | int, ...]:
    body = raw.get("body") if isinstance(raw, Mapping) else None
    in_body = isinstance(body, Mapping) and field in body
    return field_path(field) if field in OWN and not in_body else ("body", *field_path(field))


def _text(raw: Any, name: str) -> str | None:
    value = raw.get(name) if isinstance(raw, Mapping) else None
    return value if isinstance(value, str) else None
