"""A log line about a fault says where it was and never what it held."""

from __future__ import annotations

import logging
import sys

from shared.logs import ReferencesOnly


def test_the_text_of_a_fault_never_reaches_the_log() -> None:
    try:
        raise ValueError("Teapot Invented-Demo of 1 Imaginary Row")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "job failed", None, sys.exc_info())

    line = ReferencesOnly().format(record)

    assert "ValueError at " in line
    assert "test_logs.py" in line
    assert "Teapot" not in line
