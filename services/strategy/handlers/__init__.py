"""One function a command: load, decide, store. The rules are in `domain`; this is the shell."""
