"""The launcher is asked to stop, at whatever moment that comes."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

import pytest

from shared.mash.embedded import AskedToStop, Embedded, Wishes
from shared.mash.folder import DataFolder


def test_an_interrupt_that_was_dropped_is_remembered(tmp_path: Path) -> None:
    asked = AskedToStop()
    assert not asked
    system = Embedded(folder=DataFolder.at(tmp_path), wishes=Wishes(), tell=print)

    with suppress(KeyboardInterrupt):  # as Python does in a destructor
        asked(signal.SIGTERM, None)

    system.keep_running(asked)


def test_it_interrupts_what_is_being_done() -> None:
    with pytest.raises(KeyboardInterrupt):
        AskedToStop()(signal.SIGTERM, None)
