"""The rules of the strategy service: pure Python, time is a parameter."""
