"""The browser of the web tests: the machine's own Chromium, never a downloaded one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import CHROMIUM, LAUNCH


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How pytest-playwright starts the browser."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: install chromium or set CHROMIUM")
    return {**browser_type_launch_args, **LAUNCH}
