"""What people and other systems send to this service: one schema a form, for both doors."""

from services.referral.schemas.asking import InboxQuery
from services.referral.schemas.child import ChildIn
from services.referral.schemas.decision import DecisionIn, FeedbackIn, MatchIn
from services.referral.schemas.referral import ReferralIn

__all__ = ["ChildIn", "DecisionIn", "FeedbackIn", "InboxQuery", "MatchIn", "ReferralIn"]
