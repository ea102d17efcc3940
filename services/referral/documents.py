"""What this service stores: one root document a referral, and the indexes its lists need."""

from __future__ import annotations

from typing import Final

from shared.mongo_records import RootDocument

DATABASE: Final = "referral"
KEPT: Final = ("referrals",)
"""The collections that a back-up holds, in the order they are read."""


class ReferralDocument(RootDocument):
    """One referral: its state and every event it caused."""

    meta = {
        "collection": "referrals",
        "db_alias": DATABASE,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["state.stage", "state.received_at"]},
            # The order of the inbox: danger, then the time of receipt.
            {
                "fields": [
                    "state.stage",
                    "-state.report.safety.immediate_danger",
                    "state.received_at",
                    "_id",
                ]
            },
            {"fields": ["state.report.referrer.referral_source", "state.received_at"]},
            {"fields": ["state.children.match_key"]},
            {"fields": ["state.sent_by", "state.received_at"]},
            {"fields": ["state.decision.decided_at"]},
        ],
    }
