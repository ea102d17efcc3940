"""Settings: all faults at once, each with its remedy, and never a secret repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.faults import Point
from shared.settings import BadSettings, Settings

SECRET = "made-up-for-a-test-0123456789abcdef"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The smallest environment that is accepted."""
    for name in ("accounts.json", "directory.json"):
        (tmp_path / name).write_text("[]")
    return {
        "MONGO_URL": "mongodb://127.0.0.1:27017/",
        "AMQP_URL": "amqp://guest:guest@127.0.0.1:5672/",
        "SECRET_KEY": SECRET,
        "SERVICE_TOKEN": SECRET[::-1],
        "ACCOUNTS_FILE": str(tmp_path / "accounts.json"),
        "DIRECTORY_FILE": str(tmp_path / "directory.json"),
        "REFERRAL_URL": "http://127.0.0.1:8001/",
        "STRATEGY_URL": "http://127.0.0.1:8002",
        "AUDIT_URL": "https://audit.example.test",
    }


def faults_of(environ: dict[str, str]) -> list[str]:
    """Return the faults of an environment, each by the name of its setting."""
    with pytest.raises(BadSettings) as refused:
        Settings.from_env(environ)
    return refused.value.faults


def test_the_smallest_environment_is_enough(environ: dict[str, str]) -> None:
    settings = Settings.from_env(environ)

    assert settings.embedded
    assert settings.bind_host == "127.0.0.1"
    assert settings.demo_clock_file is settings.closures_file is settings.crash_at is None
    assert settings.feed_urls["referral"] == "http://127.0.0.1:8001"


def test_an_empty_environment_is_told_everything_it_lacks_at_once() -> None:
    faults = faults_of({})

    assert [fault.split(":")[0] for fault in faults] == [
        *("MONGO_URL", "AMQP_URL", "SECRET_KEY", "SERVICE_TOKEN"),
        *("ACCOUNTS_FILE", "DIRECTORY_FILE", "REFERRAL_URL", "STRATEGY_URL", "AUDIT_URL"),
    ]
    assert all("deploy/example.env" in fault for fault in faults)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MASH_MODE", "prod"),
        ("MONGO_URL", "postgres://user:hunter2hunter2@db"),
        ("AMQP_URL", "redis://user:hunter2hunter2@db"),
        ("SECRET_KEY", "hunter2hunter2"),
        ("SERVICE_TOKEN", "hunter2hunter2"),
        ("ACCOUNTS_FILE", "/nowhere/hunter2hunter2"),
        ("DIRECTORY_FILE", "/nowhere/hunter2hunter2"),
        ("DEMO_CLOCK_FILE", "/nowhere/hunter2hunter2"),
        ("CLOSURES_FILE", "/nowhere/hunter2hunter2"),
        ("TIME_LIMITS_FILE", "/nowhere/hunter2hunter2"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("REFERRAL_URL", "referral:hunter2hunter2"),
        ("LOG_LEVEL", "LOUD"),
        ("CATCH_UP_SECONDS", "0"),
        ("CATCH_UP_SECONDS", "nan"),
        ("SWEEP_SECONDS", "often"),
        ("SWEEP_SECONDS", "inf"),
        ("CRASH_AT", "anywhere"),
        ("PORT", "8080.5"),
        ("PORT", "99999"),
    ],
)
def test_a_bad_value_is_named_and_never_repeated(
    environ: dict[str, str], name: str, value: str
) -> None:
    faults = faults_of({**environ, name: value})

    assert [fault.split(":")[0] for fault in faults] == [name]
    assert "hunter2" not in faults[0]
    assert len(value) < 4 or value not in faults[0]


def test_all_bad_values_are_told_together(environ: dict[str, str]) -> None:
    bad = {"PORT": "http", "MASH_MODE": "prod", "SECRET_KEY": "short", "CRASH_AT": "anywhere"}

    assert {fault.split(":")[0] for fault in faults_of({**environ, **bad})} == set(bad)


def test_only_the_embedded_mode_has_a_clock_that_can_be_set(
    environ: dict[str, str], tmp_path: Path
) -> None:
    clock = tmp_path / "clock.json"
    clock.write_text("{}")
    environ |= {"DEMO_CLOCK_FILE": str(clock)}

    assert Settings.from_env(environ).demo_clock_file == clock
    (fault,) = faults_of({**environ, "MASH_MODE": "server"})
    assert fault.startswith("DEMO_CLOCK_FILE: only the embedded mode")


def test_only_the_embedded_mode_can_be_told_to_crash(environ: dict[str, str]) -> None:
    environ |= {"CRASH_AT": "after-commit"}

    assert Settings.from_env(environ).crash_at is Point.AFTER_COMMIT
    (fault,) = faults_of({**environ, "MASH_MODE": "server"})
    assert fault.startswith("CRASH_AT: is for tests, in the embedded mode")


def test_a_secret_may_come_from_a_file(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    del environ["SECRET_KEY"]

    settings = Settings.from_env({**environ, "SECRET_KEY_FILE": str(tmp_path / "key")})

    assert settings.secret_key == SECRET


def test_a_secret_file_that_cannot_be_read_is_named(environ: dict[str, str]) -> None:
    (fault,) = faults_of({**environ, "SERVICE_TOKEN_FILE": "/nowhere/token"})

    assert fault.startswith("SERVICE_TOKEN_FILE: cannot be read")


def test_an_empty_secret_file_is_refused(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")

    (fault,) = faults_of({**environ, "SECRET_KEY_FILE": str(tmp_path / "key")})

    assert fault.startswith("SECRET_KEY: must be random and at least 32")


def test_secrets_never_show_in_a_trace_of_the_settings(environ: dict[str, str]) -> None:
    settings = Settings.from_env(environ)

    shown = repr(settings)

    assert SECRET not in shown
    assert SECRET[::-1] not in shown
    assert "guest:guest" not in shown


def test_settings_cannot_be_changed_afterwards(environ: dict[str, str]) -> None:
    settings = Settings.from_env(environ)

    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]
