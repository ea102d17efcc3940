"""A bad network between real parts: every connection of a link goes through here, and suffers.

One process carries all links of a run, so that people at work in the test do not slow it down.
It is told what to do line by line and answers with how much has suffered since it was told last:
connections that were reset, pieces that were late, lost, spoilt or torn.

    with Proxies({"broker": (5673, 5672)}) as proxies:
        proxies.tell("broker", Weather.CUT)

What can happen to a link (`Weather`):

- fair: bytes pass.
- cut: every open connection is reset; new ones are welcome.
- refused: the same, and new ones are reset too, until it is fair again.
- slow: every piece is kept for `seconds` before it goes on.
- lost: nothing passes and nothing is closed. When it is fair again what was kept goes on, late, as
  after a cable was put back; `way` says in which direction ("there", "back" or "both").
- spoilt: one bit of each of the next `pieces` is another than was sent.
- torn: of the next piece only the first half arrives; then the connection is reset.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LARGEST_PIECE = 65536
BOTH = "both"


class Weather(StrEnum):
    """What a link does to what it carries."""

    FAIR = "fair"
    CUT = "cut"
    REFUSED = "refused"
    SLOW = "slow"
    LOST = "lost"
    SPOILT = "spoilt"
    TORN = "torn"


@dataclass
class Link:
    """One port here and the port it leads to."""

    target: int
    weather: Weather = Weather.FAIR
    seconds: float = 0.0
    way: str = BOTH
    pieces: int = 0
    suffered: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    open: set[asyncio.StreamWriter] = field(default_factory=set)
    fair: asyncio.Event = field(default_factory=asyncio.Event)

    def change(self, told: Mapping[str, Any]) -> int:
        """Take what was told. Returns how much suffered."""
        suffered, self.suffered = self.suffered, 0
        self.weather = Weather(told["weather"])
        self.seconds, self.way = float(told.get("seconds", 0)), str(told.get("way", BOTH))
        self.pieces = int(told.get("pieces", 0))
        self.chance = random.Random(int(told.get("seed", 0)))
        if self.weather in {Weather.CUT, Weather.REFUSED}:
            suffered += len(self.open) // 2
            for writer in self.open:
                writer.transport.abort()
        if self.weather is Weather.CUT:
            self.weather = Weather.FAIR
        if self.weather is Weather.LOST:
            self.fair.clear()
        else:
            self.fair.set()
        return suffered

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either end closes it."""
        # Cancelled only when the whole process ends.
        with contextlib.suppress(asyncio.CancelledError):
            await self._carry(reader, writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.weather is Weather.REFUSED:
            self.suffered += 1
            writer.transport.abort()
            return
        try:
            away, onward = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, onward}
        self.open |= both
        try:
            there = asyncio.create_task(self._pass_on(reader, onward, "there"))
            back = asyncio.create_task(self._pass_on(away, writer, "back"))
            await asyncio.wait({there, back})
        finally:
            self.open -= both
            for each in both:
                each.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(LARGEST_PIECE):
                whole = await self._suffer(piece, way)
                writer.write(whole)
                await writer.drain()
                if len(whole) < len(piece):
                    break
        # A half that ended ends the other: nobody here speaks on after saying goodbye.
        writer.close()

    async def _suffer(self, piece: bytes, way: str) -> bytes:
        """Return what arrives of a piece, and when."""
        if self.way not in {way, BOTH} or self.weather is Weather.FAIR:
            return piece
        self.suffered += 1
        if self.weather is Weather.LOST:
            await self.fair.wait()
        elif self.weather is Weather.SLOW:
            await asyncio.sleep(self.seconds)
        elif self.weather is Weather.SPOILT:
            self.pieces -= 1
            if not self.pieces:
                self.weather = Weather.FAIR
            return self._spoilt(piece)
        elif self.weather is Weather.TORN and len(piece) > 1:
            self.weather = Weather.FAIR
            return piece[: len(piece) // 2]
        return piece

    def _spoilt(self, piece: bytes) -> bytes:
        place = self.chance.randrange(len(piece))
        bit = 1 << self.chance.randrange(8)
        return piece[:place] + bytes([piece[place] ^ bit]) + piece[place + 1 :]


class Proxies:
    """The links of a run, as a test holds them. Each is (port here, port it leads to)."""

    def __init__(self, links: Mapping[str, tuple[int, int]]) -> None:
        self.links = dict(links)
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Proxies:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen on every port; return when all of them do."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.proxy", json.dumps(self.links)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "listening\n"

    def stop(self) -> None:
        """Close every connection and end."""
        if self._process and self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.wait(10)
            self._process.stdout.close()

    def tell(self, link: str, weather: Weather, **how: Any) -> int:
        """Change the weather of a link. Returns how much suffered, this change included."""
        return self._ask({"link": link, "weather": weather, **how})

    def _ask(self, told: Mapping[str, Any]) -> int:
        assert self._process
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def suffered(self, link: str) -> int:
        """Return how much of a link suffered since it was told last."""
        return self._ask({"link": link})

    def clear(self) -> None:
        """Make every link fair."""
        for link in self.links:
            self.tell(link, Weather.FAIR)


async def _serve(links: Mapping[str, tuple[int, int]]) -> None:
    carried = {name: Link(target) for name, (_, target) in links.items()}
    for name, (port, _) in links.items():
        await asyncio.start_server(carried[name].carry, "127.0.0.1", port)
    _say("listening")
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := await lines.readline():
        told = json.loads(line)
        link = carried[told["link"]]
        _say(str(link.change(told) if "weather" in told else link.suffered))


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
