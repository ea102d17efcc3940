"""The shape of the code, kept by force and not by memory."""
