"""The bad network: each weather does to a connection what it says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.nodes import free_port
from tests.support.proxy import Proxies, Weather

SAID = b"a worry about a child" * 10


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that says everything back."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    connection, _ = server.accept()
                    threading.Thread(target=say_back, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


def say_back(connection: socket.socket) -> None:
    """Say everything back until the other end has had enough."""
    with connection, contextlib.suppress(OSError):
        while said := connection.recv(65536):
            connection.sendall(said)


@pytest.fixture
def network(echo: int) -> Iterator[Proxies]:
    """One link to the echo."""
    with Proxies({"echo": (free_port(), echo)}) as proxies:
        yield proxies


@pytest.fixture
def line(network: Proxies) -> Iterator[socket.socket]:
    """A connection through the link."""
    with dialled(network) as connection:
        assert heard(connection) == SAID
        yield connection


def dialled(network: Proxies) -> socket.socket:
    """Return a new connection through the link."""
    return socket.create_connection(("127.0.0.1", network.links["echo"][0]), timeout=10)


def heard(connection: socket.socket, *, most: int = len(SAID)) -> bytes:
    """Say it; return what comes back, up to the end of the connection."""
    connection.sendall(SAID)
    came = b""
    with contextlib.suppress(ConnectionResetError):
        while len(came) < most and (piece := connection.recv(most - len(came))):
            came += piece
    return came


def test_a_cut_ends_what_is_open_and_lets_new_connections_through(
    network: Proxies, line: socket.socket
) -> None:
    assert network.tell("echo", Weather.CUT) == 1
    with contextlib.suppress(OSError):
        assert heard(line) == b""
    with dialled(network) as again:
        assert heard(again) == SAID


def test_a_refused_link_takes_no_connection_until_it_is_fair(network: Proxies) -> None:
    network.tell("echo", Weather.REFUSED)
    with contextlib.suppress(OSError), dialled(network) as refused:
        assert heard(refused) == b""
    network.tell("echo", Weather.FAIR)
    with dialled(network) as again:
        assert heard(again) == SAID


def test_what_is_lost_arrives_late_and_nothing_is_closed(
    network: Proxies, line: socket.socket
) -> None:
    network.tell("echo", Weather.LOST, way="back")
    line.sendall(SAID)
    line.settimeout(0.3)
    with pytest.raises(TimeoutError):
        line.recv(1)
    network.tell("echo", Weather.FAIR)
    line.settimeout(10)
    assert line.recv(len(SAID), socket.MSG_WAITALL) == SAID


def test_one_bit_of_a_spoilt_piece_is_another(network: Proxies, line: socket.socket) -> None:
    network.tell("echo", Weather.SPOILT, pieces=1, seed=5, way="there")
    came = heard(line)
    different = [a ^ b for a, b in zip(SAID, came, strict=True) if a != b]
    assert len(different) == 1
    assert different[0].bit_count() == 1
    assert heard(line) == SAID


def test_half_of_a_torn_piece_arrives_and_the_connection_ends(
    network: Proxies, line: socket.socket
) -> None:
    network.tell("echo", Weather.TORN, way="back")
    assert heard(line, most=2 * len(SAID)) == SAID[: len(SAID) // 2]


def test_a_slow_link_keeps_each_piece_for_a_while(network: Proxies, line: socket.socket) -> None:
    network.tell("echo", Weather.SLOW, seconds=0.4)
    line.settimeout(0.3)
    line.sendall(SAID)
    with pytest.raises(TimeoutError):
        line.recv(1)
