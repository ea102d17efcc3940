"""What programs are shown: plain JSON from the state, and the shapes that the API describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from marshmallow import Schema, fields

from shared.events.envelope import iso


def plain(value: Any) -> Any:
    """Return a state as JSON: codes as text, instants in UTC, days as ISO dates."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields_of(value)}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


class ReceivedOut(Schema):
    """The answer to a referral: the same for the same submission."""

    reference = fields.String()
    received_at = fields.String()
    decision_due = fields.String()
    children = fields.List(fields.String())


class StandingOut(Schema):
    """Where a referral stands."""

    reference = fields.String()
    stage = fields.String()
    received_at = fields.String()
    decision_due = fields.String()
    outcome = fields.String(allow_none=True)
    decided_at = fields.String(allow_none=True)
    decided_by = fields.String(allow_none=True)
    feedback = fields.String(allow_none=True)
    informed_at = fields.String(allow_none=True)


class ReferralOut(StandingOut):
    """A referral as staff see it."""

    children = fields.List(fields.Dict())
    report = fields.Dict()
    decision = fields.Dict(allow_none=True)
    matches = fields.List(fields.Dict())
    possible_earlier_referrals = fields.List(fields.Dict())
    number_in_12_months = fields.Integer()


class InboxOut(Schema):
    """A page of the duty inbox."""

    total = fields.Integer()
    page = fields.Integer()
    pages = fields.Integer()
    last_decided_at = fields.String(allow_none=True)
    referrals = fields.List(fields.Dict())
