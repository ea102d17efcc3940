"""What programs are shown: plain JSON from the state, and the shapes the API describes."""

from __future__ import annotations

from marshmallow import Schema, fields


class PromiseOut(Schema):
    """One timed promise."""

    clock = fields.String()
    due_at = fields.String()
    kept_at = fields.String(allow_none=True)
    words = fields.String()


class ChildOut(Schema):
    """A child on the case and what is known of visits."""

    child = fields.String()
    unborn = fields.Boolean()
    first_seen_at = fields.String(allow_none=True)
    promise = fields.Nested(PromiseOut, allow_none=True)
    attempts = fields.List(fields.Dict())
    visits = fields.List(fields.Dict())


class CaseOut(Schema):
    """One case as it stands."""

    reference = fields.String()
    route = fields.String()
    stage = fields.String()
    team = fields.String(allow_none=True)
    received_at = fields.String()
    decided_at = fields.String()
    opened_at = fields.String()
    child_protection_concerns = fields.Boolean()
    physical_harm_alleged = fields.Boolean()
    area = fields.String()
    concerns = fields.List(fields.String())
    earlier_cases = fields.List(fields.String())
    children = fields.List(fields.Nested(ChildOut))
    meetings = fields.List(fields.Dict())
    allocation = fields.Dict(allow_none=True)
    allocation_promise = fields.Nested(PromiseOut)


class ItemOut(Schema):
    """One line of a worklist."""

    reference = fields.String()
    stage = fields.String()
    team = fields.String(allow_none=True)
    child = fields.String(allow_none=True)
    lead = fields.String(allow_none=True)
    due_at = fields.String(allow_none=True)


class WorklistOut(Schema):
    """The parts of a worklist, the most pressing first in each."""

    to_call = fields.List(fields.Nested(ItemOut))
    to_acknowledge = fields.List(fields.Nested(ItemOut))
    to_lead = fields.List(fields.Nested(ItemOut))
    to_allocate = fields.List(fields.Nested(ItemOut))
    not_seen = fields.List(fields.Nested(ItemOut))


class ReloadOut(Schema):
    """What is wrong with the directory file; nothing when it is in force."""

    faults = fields.List(fields.String())
