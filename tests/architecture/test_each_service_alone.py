"""A service needs itself and `shared`, and nothing else: each starts in a folder of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.architecture.tree import ROOT, SERVICES
from tests.conftest import environment
from tests.support.nodes import free_port
from tests.support.waiting import eventually


@pytest.fixture(params=SERVICES)
def alone(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A service in an otherwise empty folder with what it shares, as its image holds it."""
    service: str = request.param
    home = tmp_path / "alone"
    ignore = shutil.ignore_patterns("__pycache__", "mash")
    shutil.copytree(ROOT / "shared", home / "shared", ignore=ignore)
    shutil.copytree(ROOT / "services" / service, home / "services" / service, ignore=ignore)
    shutil.copy(ROOT / "services" / "__init__.py", home / "services")
    return service, home


@pytest.fixture
def settings_of_a_process(tmp_path: Path, clean_mongo_url: str) -> dict[str, str]:
    """What the processes are told."""
    given = environment(tmp_path, clean_mongo_url, PORT=str(free_port()))
    # Without `site` the checkout that is installed here for editing is out of reach.
    libraries = sysconfig.get_path("purelib")
    return {
        **given,
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": libraries,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def web(alone: tuple[str, Path], settings_of_a_process: dict[str, str]) -> Iterator[str]:
    """The address of the service's web process, its indexes made before."""
    service, home = alone
    command = [sys.executable, "-S", "-m", f"services.{service}"]
    made = subprocess.run(
        [*command, "indexes"],
        cwd=home,
        env=settings_of_a_process,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    said = (home / "web.log").open("wb")
    process = subprocess.Popen(
        [*command, "web"], cwd=home, env=settings_of_a_process, stdout=said, stderr=said
    )
    yield f"http://127.0.0.1:{settings_of_a_process['PORT']}/{service}"
    process.kill()
    process.wait()
    said.close()


def test_a_service_starts_alone(web: str, alone: tuple[str, Path]) -> None:
    service, home = alone

    healthy = eventually(lambda: requests.get(f"{web}/healthz", timeout=5), "it answers", within=90)
    ready = requests.get(f"{web}/readyz", timeout=20)
    page = requests.get(f"{web}/sign-in", timeout=5)

    said = (home / "web.log").read_text()
    assert healthy.status_code == 200, said
    assert ready.status_code == 200, f"{ready.text}\n{said}"
    assert page.status_code == 200
    folders = {each.name for each in (home / "services").iterdir() if each.is_dir()}
    assert folders == {service}


def test_a_service_alone_does_not_find_another_one(
    alone: tuple[str, Path], settings_of_a_process: dict[str, str]
) -> None:
    service, home = alone
    for other in {*SERVICES, "mash"} - {service}:
        module = "shared.mash" if other == "mash" else f"services.{other}.app"
        tried = subprocess.run(
            [sys.executable, "-S", "-c", f"import shared.run, services.{service}.app, {module}"],
            cwd=home,
            env=settings_of_a_process,
            capture_output=True,
            text=True,
            check=False,
        )
        assert tried.returncode == 1
        assert "ModuleNotFoundError: No module named" in tried.stderr
        assert other in tried.stderr.splitlines()[-1]
