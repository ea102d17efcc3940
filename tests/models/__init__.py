"""The core's ports kept in memory: deterministic, and held to the same sentences as the real ones.

What is kept (a shelf, a broker) lives as long as a test; whoever uses it holds a handle that goes
with its process. Every handle is given `at`, which it passes through at each touch, before and
after: there a test may stop the process, or raise the fault that is named.
"""
