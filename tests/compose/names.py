"""Which settings a process reads, found out by letting it read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.settings import BadSettings, Settings

FILES_OF_A_SERVER = frozenset(
    {"ACCOUNTS_FILE", "DIRECTORY_FILE", "CLOSURES_FILE", "TIME_LIMITS_FILE"}
)
"""The other names that end so are another way to give a secret."""


class Noting(Mapping[str, str]):
    """An environment in which nothing is set, and which notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def settings_read() -> set[str]:
    """Return the names of every setting a process reads."""
    environment = Noting()
    try:
        Settings.from_env(environment)
    except BadSettings:
        return environment.asked
    raise AssertionError("an empty environment was enough")
