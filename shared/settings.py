"""Every setting, read once from the environment, checked together, frozen and passed in."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shared.faults import Point

SERVICES_WITH_FEEDS: Final = ("referral", "strategy", "audit")
MODES: Final = ("embedded", "server")
SHORTEST_SECRET: Final = 32
LARGEST_PORT: Final = 65535


class BadSettings(Exception):
    """The environment cannot be right. Names every bad setting at once, with its remedy."""

    def __init__(self, faults: list[str]) -> None:
        lines = "\n".join(f"  - {fault}" for fault in faults)
        super().__init__(f"The settings are not usable:\n{lines}")
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process of Golden Thread needs to know. See deploy/example.env for each one."""

    mode: str
    # What may hold a password never shows in a trace or a log.
    mongo_url: str = field(repr=False)
    amqp_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    service_token: str = field(repr=False)
    accounts_file: Path
    directory_file: Path
    demo_clock_file: Path | None
    closures_file: Path | None
    time_limits_file: Path | None
    bind_host: str
    port: int
    feed_urls: Mapping[str, str]
    log_level: str
    # Where alarms are posted; such an address may hold a token.
    alarm_url: str | None = field(repr=False)
    catch_up_seconds: float
    sweep_seconds: float
    crash_at: Point | None
    begins_again: bool = False
    """Is this a worker? What it did not bring to an end it takes again, from its queue or in its
    next round, and every write of it knows whether it was made. From no variable: its role says."""

    @property
    def embedded(self) -> bool:
        """Is this the one-machine default rather than a server?"""
        return self.mode == "embedded"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the environment. Raises BadSettings with every fault."""
        reading = _Reading(os.environ if environ is None else environ)
        settings = cls(
            mode=reading.one_of("MASH_MODE", MODES, "embedded"),
            mongo_url=reading.url("MONGO_URL", ("mongodb", "mongodb+srv")),
            amqp_url=reading.url("AMQP_URL", ("amqp", "amqps", "filesystem")),
            secret_key=reading.secret("SECRET_KEY"),
            service_token=reading.secret("SERVICE_TOKEN"),
            accounts_file=reading.file("ACCOUNTS_FILE"),
            directory_file=reading.file("DIRECTORY_FILE"),
            demo_clock_file=reading.file_or_none("DEMO_CLOCK_FILE"),
            closures_file=reading.file_or_none("CLOSURES_FILE"),
            time_limits_file=reading.file_or_none("TIME_LIMITS_FILE"),
            bind_host=reading.text("BIND_HOST", "127.0.0.1"),
            port=reading.port("PORT", 8080),
            feed_urls={
                name: reading.url(f"{name.upper()}_URL", ("http", "https")).rstrip("/")
                for name in SERVICES_WITH_FEEDS
            },
            log_level=reading.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO"),
            alarm_url=reading.url_or_none("ALARM_URL", ("http", "https")),
            catch_up_seconds=reading.number("CATCH_UP_SECONDS", 60, least=0.1),
            sweep_seconds=reading.number("SWEEP_SECONDS", 5, least=0.05),
            crash_at=reading.crash_point("CRASH_AT"),
        )
        if settings.demo_clock_file and not settings.embedded:
            reading.fault("DEMO_CLOCK_FILE", "only the embedded mode has a clock that can be set")
        if settings.crash_at and not settings.embedded:
            reading.fault("CRASH_AT", "is for tests, in the embedded mode")
        if reading.faults:
            raise BadSettings(reading.faults)
        return settings


class _Reading:
    """One pass over the environment that collects faults instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def fault(self, name: str, words: str) -> None:
        self.faults.append(f"{name}: {words}")

    def text(self, name: str, default: str | None = None) -> str:
        value = self.environ.get(name, "").strip() or default
        if value is None:
            self.fault(name, "is not set; see deploy/example.env")
        return value or ""

    def one_of(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            self.fault(name, f"must be one of {', '.join(choices)}")
        return value

    def url(self, name: str, schemes: tuple[str, ...]) -> str:
        value = self.text(name)
        if value and value.split("://", 1)[0] not in schemes:
            # The value may hold a password: it is never repeated.
            self.fault(name, f"must begin with {' or '.join(f'{each}://' for each in schemes)}")
        return value

    def url_or_none(self, name: str, schemes: tuple[str, ...]) -> str | None:
        return self.url(name, schemes) if self.environ.get(name, "").strip() else None

    def secret(self, name: str) -> str:
        if file := self.environ.get(f"{name}_FILE"):
            try:
                value = Path(file).read_text().strip()
            except OSError as fault:
                self.fault(f"{name}_FILE", f"cannot be read: {fault.strerror}")
                return ""
        else:
            value = self.text(name)
            if not value:
                return ""
        if len(value) < SHORTEST_SECRET:
            self.fault(name, f"must be random and at least {SHORTEST_SECRET} characters long")
        return value

    def file(self, name: str) -> Path:
        value = self.text(name)
        if value and not Path(value).is_file():
            self.fault(name, "names a file that is not there")
        return Path(value)

    def file_or_none(self, name: str) -> Path | None:
        return self.file(name) if self.environ.get(name, "").strip() else None

    def crash_point(self, name: str) -> Point | None:
        value = self.environ.get(name, "").strip()
        if value and value not in set(Point):
            self.fault(name, f"must be one of {', '.join(Point)}")
        return Point(value) if value in set(Point) else None

    def number(self, name: str, default: float, *, least: float) -> float:
        value = self.environ.get(name, "").strip()
        try:
            number = float(value) if value else default
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fault(name, "must be a number")
            return default
        if number < least:
            self.fault(name, f"must be at least {least:g}")
        return number

    def port(self, name: str, default: int) -> int:
        value = self.environ.get(name, "").strip() or str(default)
        if not (value.isascii() and value.isdigit() and 0 < int(value) <= LARGEST_PORT):
            self.fault(name, f"must be a whole number from 1 to {LARGEST_PORT}")
            return default
        return int(value)
