"""The system as compose runs it."""
