"""The `mash` command line, the embedded launcher and the demonstration.

It knows the services by name only: it starts them and talks HTTP to them, as anybody would.
"""
