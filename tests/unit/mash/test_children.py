"""The launcher's children die with it, come back when they die, and are nobody else's."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.mash import children
from shared.mash.children import Child, end_leftovers, restart_the_dead, stop_all
from tests.support.waiting import eventually

STAYS = [sys.executable, "-c", "import signal; signal.pause()"]
LAUNCHER = """
import sys, signal
from pathlib import Path
from shared.mash.children import Child
folder = Path(sys.argv[1])
Child(name="c", command=[sys.executable, "-c", "import signal; signal.pause()"],
      log=folder / "log", pid_file=folder / "pid").start()
signal.pause()
"""
# Its memory takes the system a while to take back, before it takes back the address.
LISTENS_AND_IS_LARGE = """
import os, signal, socket, sys
memory = bytearray(400_000_000)
held = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(held.getsockname()[1]))
os.rename(file.name, sys.argv[1])
signal.pause()
"""


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    made = Child(name="c", command=STAYS, log=tmp_path / "log", pid_file=tmp_path / "pid")
    made.start()
    yield made
    stop_all([made])


def is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except OSError:
        return False


def test_a_child_that_dies_is_started_again(child: Child) -> None:
    told: list[str] = []
    first = child.process
    assert first is not None
    first.kill()
    first.wait()

    def again() -> bool:
        restart_the_dead([child], told.append)
        return child.is_running()

    assert eventually(again, "the child to be back")
    assert child.process is not first
    assert len(told) == 1


def test_a_child_that_keeps_dying_is_started_at_growing_pauses(tmp_path: Path) -> None:
    brief = Child(
        name="b",
        command=[sys.executable, "-c", ""],
        log=tmp_path / "log",
        pid_file=tmp_path / "pid",
    )
    brief.start()
    pauses = []
    for _ in range(3):
        assert brief.process is not None
        brief.process.wait()
        restart_the_dead([brief], lambda _: None)
        pauses.append(brief.pause)
        brief.again_at = 1e-9
        restart_the_dead([brief], lambda _: None)
    stop_all([brief])

    assert pauses == sorted(set(pauses))
    assert pauses[-1] <= children.LONGEST_PAUSE


def test_a_stopped_child_leaves_no_process_and_no_pid_file(child: Child) -> None:
    assert child.process is not None
    pid = child.process.pid

    stop_all([child])

    assert not is_alive(pid)
    assert not child.pid_file.exists()


def test_a_child_that_will_not_stop_is_ended_by_force(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    stubborn = (
        "import signal, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch()\nwhile True: signal.pause()"
    )
    made = Child(
        name="s",
        command=[sys.executable, "-c", stubborn],
        log=tmp_path / "log",
        pid_file=tmp_path / "pid",
        patience=0.2,
    )
    made.start()
    assert eventually(ready.exists, "the child to be ready")

    stop_all([made])

    assert not made.is_running()


def test_children_die_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path)], cwd=children.CHECKOUT
    )
    pid_file = tmp_path / "pid"
    assert eventually(lambda: pid_file.read_text().endswith("\n"), "the child to be started")
    pid = int(pid_file.read_text())
    command = Path(f"/proc/{pid}/cmdline")
    assert eventually(
        lambda: b"signal.pause" in command.read_bytes().split(b"\0")[2], "the child to be tied"
    )

    launcher.send_signal(signal.SIGKILL)
    launcher.wait()

    assert eventually(lambda: not is_alive(pid), "the child to die with its launcher")


def test_a_leftover_of_this_folder_is_ended(tmp_path: Path) -> None:
    left = subprocess.Popen([*STAYS, f"{tmp_path}/data"])
    (tmp_path / "pid").write_text(str(left.pid))
    command = Path(f"/proc/{left.pid}/cmdline")
    assert eventually(lambda: str(tmp_path).encode() in command.read_bytes(), "the process to run")

    end_leftovers([tmp_path / "pid"], tmp_path, patience=0.2)

    assert left.wait(5) != 0
    assert not (tmp_path / "pid").exists()


def test_a_leftover_has_let_go_of_its_address_when_it_is_said_to_be_ended(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    left = subprocess.Popen([sys.executable, "-c", LISTENS_AND_IS_LARGE, ready])
    (tmp_path / "pid").write_text(str(left.pid))
    assert eventually(ready.exists, "the process to listen")

    end_leftovers([tmp_path / "pid"], tmp_path)

    with socket.socket() as next_one:
        next_one.bind(("127.0.0.1", int(ready.read_text())))
    left.wait()


def test_a_process_of_another_folder_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(STAYS, env={"PATH": os.defpath})
    try:
        (tmp_path / "pid").write_text(str(other.pid))

        end_leftovers([tmp_path / "pid"], tmp_path)

        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
