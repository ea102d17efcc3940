"""The pages of this service, one module a journey; importing it adds them to the blueprint."""

from services.referral.pages import decide, feedback, home, inbox, match, receive, record
from services.referral.pages.desk import blueprint

__all__ = ["blueprint", "decide", "feedback", "home", "inbox", "match", "receive", "record"]
