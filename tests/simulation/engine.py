"""Turns that can be stopped at every touch of a port, resumed in any order, or killed there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from greenlet import getcurrent, greenlet


class Crash(BaseException):
    """The process was killed. Nothing of ours catches it, and nothing runs after it."""


@dataclass(eq=False)
class Turn:
    """One thing that a process does: a command, a message, a pass of the relay."""

    process: str
    name: str
    run: Callable[[], None]
    dead: bool = False
    place: str = "begin"
    """Where it stands."""
    fault: type[Exception] | None = None
    """What may go wrong there, other than being killed."""
    body: greenlet = field(init=False)

    def __post_init__(self) -> None:
        self.body = greenlet(self._run)
        self.body.turn = self

    @property
    def over(self) -> bool:
        """Has it ended, in whatever way?"""
        return self.body.dead

    def go(self) -> None:
        """Run to the next touch of a port, or to the end."""
        self.body.switch()

    def fail(self) -> None:
        """Let what it stands at go wrong."""
        assert self.fault
        self.body.throw(self.fault("simulated"))

    def kill(self) -> None:
        """Kill it where it stands."""
        self.dead = True
        if self.body:
            self.body.throw(Crash)

    def _run(self) -> None:
        try:
            self.run()
        except Crash:
            return


def at(place: str, fault: type[Exception] | None = None) -> None:
    """Stop the turn that is running, until somebody lets it go on.

    A process that was killed touches nothing any more, not even while its stack unwinds.
    """
    turn: Turn | None = getattr(getcurrent(), "turn", None)
    if turn is None:
        return
    if turn.dead:
        raise Crash
    turn.place, turn.fault = place, fault
    getcurrent().parent.switch()
