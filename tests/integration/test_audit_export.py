"""The export of events: everything as it was sealed, in pages, for auditors only, never over."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.serving import make_server

from services.audit.queries import export
from shared.events.envelope import Envelope
from shared.mash.cli import main
from tests.integration.audit_world import AuditWorld, audit_settings
from tests.support.checker import faults_of_chains
from tests.unit.audit.lines import CASE, a_kept_line, in_london

NOW = in_london("2026-11-23T18:00")
ROLES = ("auditor", "administrator", "mash-manager", "social-worker", "partner")
PATH = "/audit/api/events"


def token_of(role: str) -> str:
    return f"an-invented-token-of-the-{role}"


@pytest.fixture
def line() -> list[Envelope]:
    return a_kept_line()


@pytest.fixture
def world(tmp_path: Path, mongo_url: str, line: list[Envelope]) -> AuditWorld:
    settings = audit_settings(tmp_path, mongo_url)
    people = [
        {
            "id": f"{role}-demo",
            "name": "Alex Invented",
            "roles": [role],
            "agency": None,
            "password_hash": None,
            "token_sha256": hashlib.sha256(token_of(role).encode()).hexdigest(),
        }
        for role in ROLES
    ]
    settings.accounts_file.write_text(json.dumps(people))
    world = AuditWorld(settings, NOW)
    world.hears(*line)
    return world


@pytest.fixture
def app(world: AuditWorld) -> Flask:
    return world.web()


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def asked(app: Flask, query: str = "", *, role: str = "auditor", status: int = 200) -> Any:
    headers = {"Authorization": f"Bearer {token_of(role)}"}
    answer = app.test_client().get(f"{PATH}{query}", headers=headers)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_json()


def test_every_event_is_given_as_it_was_sealed(app: Flask, line: list[Envelope]) -> None:
    told = asked(app)

    sealed = {each.key: each.to_wire() for each in line}
    given = {f"{each['stream']}#{each['sequence']}": each for each in told["events"]}
    assert given == sealed
    assert (told["more"], told["total"]) == (False, len(sealed))
    assert faults_of_chains(told["events"]) == []


def test_pages_are_bounded_and_lose_and_repeat_nothing(
    app: Flask, line: list[Envelope], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "MOST_EVENTS", 3)

    first = asked(app)
    pages, more, after = [first["events"]], first["more"], first["next"]
    while more:
        told = asked(app, f"?after={after.replace('#', '%23')}")
        pages.append(told["events"])
        more, after = told["more"], told["next"]

    keys = [f"{each['stream']}#{each['sequence']}" for page in pages for each in page]
    assert max(map(len, pages)) == 3
    assert sorted(keys) == sorted(each.key for each in line)


def test_the_tenth_event_of_a_stream_comes_after_its_ninth(app: Flask) -> None:
    told = asked(app, f"?after=strategy:{CASE}%239")

    assert not any(each["stream"] == f"strategy:{CASE}" for each in told["events"])


@pytest.mark.parametrize("role", ["mash-manager", "social-worker", "partner"])
def test_nobody_but_auditors_and_administrators_may_export(app: Flask, role: str) -> None:
    asked(app, role=role, status=403)


@pytest.mark.parametrize("query", ["?after=", "?after=$ne", "?after=x:Y%230", "?before=a:B%231"])
def test_a_wrong_place_to_go_on_from_is_named(app: Flask, query: str) -> None:
    if query == "?after=":
        assert asked(app, query)["events"]
    else:
        assert asked(app, query, status=422)["errors"]


def exported(url: str, file: Path) -> Result:
    words = ("export", "events", "--url", url, "--token", token_of("auditor"), str(file))
    return CliRunner().invoke(main, list(words))


def test_the_command_writes_each_event_on_a_line_of_its_own(url: str, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"

    answer = exported(url, file)

    assert answer.exit_code == 0, answer.output
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert len(events) == len(a_kept_line())
    assert faults_of_chains(events) == []
    assert file.stat().st_mode & 0o077 == 0
    assert sorted(tmp_path.glob("events*")) == [file]


def test_the_command_never_overwrites_a_file(url: str, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("kept")

    answer = exported(url, file)

    assert answer.exit_code == 2
    assert "exists already" in answer.output
    assert file.read_text() == "kept"


def test_an_export_that_breaks_off_leaves_no_file(url: str, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"

    answer = CliRunner().invoke(
        main, ["export", "events", "--url", url, "--token", "nobody", str(file)]
    )

    assert answer.exit_code == 2
    assert list(tmp_path.glob("events*")) == []
