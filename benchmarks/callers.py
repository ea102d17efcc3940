"""Callers over kept-alive connections, each with one request at a time: every answer is timed.

Requests are made before, so that the callers cost as little as they can beside what is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass(slots=True)
class Answers:
    """What came back."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    took: float = 0.0


def post(path: str, body: bytes, content_type: str, **headers: str) -> bytes:
    """Return the bytes of a post."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def form(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return the body of a form."""
    return urlencode(pairs).encode()


def ask_all(port: int, requests: Sequence[bytes], callers: int) -> Answers:
    """Send every request, so many at a time."""
    return asyncio.run(_ask_all(port, requests, callers))


async def _ask_all(port: int, requests: Sequence[bytes], callers: int) -> Answers:
    answers, coming = Answers(), iter(requests)

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in coming:
            began = time.perf_counter()
            writer.write(request)
            status, stays = await _answer(reader)
            answers.seconds.append(time.perf_counter() - began)
            answers.statuses[status] = answers.statuses.get(status, 0) + 1
            if not stays:
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    answers.took = time.perf_counter() - began
    return answers


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Read one answer to its end; return its status and whether the connection stays."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)
    }
    if headers.get("transfer-encoding") == "chunked":
        while size := int((await reader.readline()).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(headers.get("content-length", "0")))
    return int(first.split(" ")[1]), headers.get("connection", "").lower() != "close"
