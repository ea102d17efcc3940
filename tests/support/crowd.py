"""Thousands of people who send at the same moment: every request is open before any is finished."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONNECTING_AT_ONCE = 400
LOOKED_AT_EVERY = 200
"""Connections after which it is looked whether the server keeps up with accepting them."""
MOST_UNACCEPTED = 2_000
"""Of four thousand that wait to be accepted Linux drops the next: they would never be open."""
LISTENING = "0A"
GIVE_UP = 180.0
FILES_BESIDE = 300
CLOSED_AFTER = 120.0
"""Seconds: the server closes a connection of which it has read nothing for so long."""
GONE = -1
"""In place of a status: the server closed the connection, as it does after two minutes, before it
had read the whole request. Only a very busy machine takes so long to open or to read them all."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one of them was told: status 0 when nobody answered, GONE when it asked in vain."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


def allow_open_files(count: int) -> None:
    """Let this process hold so many connections. Fails with the remedy where it may not."""
    wanted = count + FILES_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        assert hard == resource.RLIM_INFINITY or hard >= wanted, (
            f"this test opens {count} connections: allow {wanted} open files (ulimit -Hn {wanted})"
        )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def post(path: str, body: Mapping[str, Any], *, token: str) -> bytes:
    """Return the bytes of a JSON post."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def send_at_once(port: int, requests: Sequence[bytes]) -> list[Answered]:
    """Open a connection for each, send all but the last byte of each, then all the last bytes."""
    allow_open_files(len(requests))
    return asyncio.run(_send_at_once(port, requests))


async def _send_at_once(port: int, requests: Sequence[bytes]) -> list[Answered]:
    few, gate = asyncio.Semaphore(CONNECTING_AT_ONCE), asyncio.Lock()
    all_open = asyncio.Barrier(len(requests))

    async def one(number: int, request: bytes) -> Answered:
        try:
            async with few:
                async with gate:
                    if number % LOOKED_AT_EVERY == 0:
                        await _until_it_keeps_up(port)
                opened = time.monotonic()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request[:-1])
                await writer.drain()
        finally:
            await all_open.wait()
        began = time.monotonic()
        if reader.at_eof():
            writer.close()
            return Answered(GONE, {}, b"", 0.0)
        writer.write(request[-1:])
        try:
            answer = await asyncio.wait_for(reader.read(), GIVE_UP)
        except (OSError, TimeoutError):
            answer = b""
        writer.close()
        ended = time.monotonic()
        if not answer and ended - opened > CLOSED_AFTER:
            return Answered(GONE, {}, b"", ended - began)
        return _read(answer, ended - began)

    return await asyncio.gather(*(one(number, request) for number, request in enumerate(requests)))


async def _until_it_keeps_up(port: int) -> None:
    deadline = time.monotonic() + GIVE_UP
    while unaccepted(port) > MOST_UNACCEPTED and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


def unaccepted(port: int) -> int:
    """Return how many connections wait until the server on this port accepts them (Linux)."""
    with Path("/proc/net/tcp").open() as table:
        next(table)
        for line in table:  # those that listen come first
            _, local, _, state, queues, *_ = line.split()
            if state != LISTENING:
                break
            if int(local.rpartition(":")[2], 16) == port:
                return int(queues.partition(":")[2], 16)
    return 0


def _read(answer: bytes, seconds: float) -> Answered:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    parts = first.split(" ")
    status = int(parts[1]) if len(parts) > 1 else 0
    return Answered(status, headers, body, seconds)
