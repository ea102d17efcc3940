"""The rules of the work that are data: time limits, and how "one working day" is read.

Worklists (referral, strategy) and oversight (audit) all read the one table through this package, so
that the same due time stands on every page.
"""

from shared.practice.due import Due, at_risk_at, due_at, due_for, due_under
from shared.practice.limits import Calendar, Kind, Per, TimeLimit, TimeLimits, Trigger
from shared.practice.load import BadTimeLimits, load_time_limits

__all__ = [
    "BadTimeLimits",
    "Calendar",
    "Due",
    "Kind",
    "Per",
    "TimeLimit",
    "TimeLimits",
    "Trigger",
    "at_risk_at",
    "due_at",
    "due_for",
    "due_under",
    "load_time_limits",
]
