"""Structured logs: one JSON line an event, with references and codes, never a body or a name."""

from __future__ import annotations

import logging
import sys
from typing import Final

from pythonjsonlogger.json import JsonFormatter

NOISY: Final = ("amqp", "kombu", "pika", "pymongo", "urllib3", "waitress", "werkzeug")
"""Libraries whose information lines may repeat what they carry: only their warnings are kept."""


def set_up(service: str, role: str, level: str) -> None:
    """Send every log line of this process to standard error as JSON, times in UTC."""
    formatter = JsonFormatter(
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
