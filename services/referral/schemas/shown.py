"""What programs are shown: plain JSON from the state, and the shapes that the API describes."""

from __future__ import annotations

from marshmallow import Schema, fields


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
