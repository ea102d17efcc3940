"""One referral end to end, across real processes; and whatever may happen to them meanwhile."""
