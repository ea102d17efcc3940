"""What audit does: keeps every event once, computes the clocks, says what was not done in time."""

from services.audit.handlers.keeping import receive, receive_many
from services.audit.handlers.promises import project_what_is_behind, rebuild, sweep, watch

__all__ = ["project_what_is_behind", "rebuild", "receive", "receive_many", "sweep", "watch"]
