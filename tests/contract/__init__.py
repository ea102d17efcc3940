"""The event contract, tested on samples that are kept for ever."""
