"""Faults on purpose, people at work meanwhile, and a judge that shares no code with the product."""
