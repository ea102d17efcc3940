"""Audit: is the thread unbroken, and was every promise kept?

Owns: the timeline entries, the clocks and what was announced about them. Publishes: clock-at-risk,
clock-breached, clock-met. Hears: everything. Never changes operational state.
"""
