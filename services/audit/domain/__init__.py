"""The rules of oversight, as plain Python: time is a parameter, nothing is read or written."""
