"""Structured logs: one JSON line an event, with references and codes, never a body or a name."""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Final

from pythonjsonlogger.json import JsonFormatter

NOISY: Final = ("amqp", "kombu", "pika", "pymongo", "urllib3", "waitress", "werkzeug")
"""Libraries whose information lines may repeat what they carry: only their warnings are kept."""


class ReferencesOnly(JsonFormatter):
    """Tells of a fault its kind and where it was, never its text: that may repeat what it held."""

    def formatException(  # noqa: N802 - the name is the standard library's
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return the kind of the fault and the last places it came through."""
        kind, _, trace = ei
        places = traceback.extract_tb(trace, limit=-5)
        where = " < ".join(f"{each.filename}:{each.lineno}" for each in reversed(places))
        return f"{kind.__name__ if kind else 'fault'} at {where}"


def set_up(service: str, role: str, level: str) -> None:
    """Send every log line of this process to standard error as JSON, times in UTC."""
    formatter = ReferencesOnly(
        "%(levelname)s %(name)s %(message)s",
        timestamp=True,
        rename_fields={"levelname": "level", "name": "logger", "message": "event"},
        static_fields={"service": service, "process": role},
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
