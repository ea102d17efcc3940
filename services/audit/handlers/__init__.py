"""What audit does: keeps every event once, computes the clocks, says what was not done in time."""
