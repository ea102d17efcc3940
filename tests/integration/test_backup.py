"""A back-up is whole or it is none, and it comes back as it was; with no service running."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mongoengine
import pymongo
import pytest
from bson import decode_all

from shared.mash import backup, restore
from shared.mash.children import CannotStart
from shared.mash.manifest import MANIFEST, Manifest, NotWhole, check, services_in_order
from shared.restored import Mark, Phase
from tests.support.waiting import eventually

NAMES = {"referral": "referrals", "strategy": "cases", "audit": "entries"}
FEW = 1_203


def quiet(what: str, most: int) -> Callable[[int], None]:
    """Show no progress."""
    return lambda done: None


@pytest.fixture
def client(clean_mongo_url: str) -> Any:
    # A restore refuses while a service is connected, and an earlier test may have left one.
    mongoengine.disconnect_all()
    with pymongo.MongoClient(clean_mongo_url, tz_aware=True) as client:
        eventually(lambda: connected(client) == [], "the services of earlier tests are gone")
        fill(client)
        yield client


def connected(client: Any) -> list[Any]:
    """Return the connections of services that the server knows of."""
    everyone = {"$currentOp": {"allUsers": True, "idleConnections": True}}
    services = {"$match": {"appName": {"$in": [f"golden-thread-{name}" for name in NAMES]}}}
    return list(client.admin.aggregate([everyone, services]))


def fill(client: Any) -> None:
    for service, name in NAMES.items():
        records = [
            {
                "_id": f"MASH-{n:05}",
                "version": n,
                "events": [{"hash": f"{n:064}"}],
                "state": {"words": "one window"},
            }
            for n in range(FEW)
        ]
        client[f"golden_thread_{service}"][name].insert_many(records)
    client["golden_thread_audit"]["cases"].insert_one({"_id": "a projection"})
    client["golden_thread_strategy"]["feed_marks"].insert_one({"_id": "/referral"})
    client["golden_thread_strategy"]["held_events"].insert_one({"_id": "referral:X#2"})


def everything(client: Any) -> dict[str, Any]:
    return {
        f"{service}.{name}": list(client[f"golden_thread_{service}"][name].find().sort("_id", 1))
        for service in NAMES
        for name in sorted(client[f"golden_thread_{service}"].list_collection_names())
    }


def take(to: Path, url: str) -> Manifest:
    return backup.take(to, url, tell=quiet)


def bring_back(source: Path, url: str, **more: Any) -> Manifest:
    chosen = more.pop("services", services_in_order())
    return restore.fill(source, url, chosen, replace=more.pop("replace", False), tell=quiet)


def empty(client: Any) -> None:
    for service in NAMES:
        client.drop_database(f"golden_thread_{service}")


def test_what_was_kept_comes_back_as_it_was(
    client: Any, clean_mongo_url: str, tmp_path: Path
) -> None:
    before = everything(client)
    take(tmp_path / "kept", clean_mongo_url)
    empty(client)

    bring_back(tmp_path / "kept", clean_mongo_url)

    after = everything(client)
    for name in ("referral.referrals", "strategy.cases", "audit.entries", "strategy.held_events"):
        assert after[name] == before[name], name


def test_what_can_be_computed_again_is_not_kept(
    client: Any, clean_mongo_url: str, tmp_path: Path
) -> None:
    manifest = take(tmp_path / "kept", clean_mongo_url)

    kept = {(each.service, each.collection) for each in manifest.collections}
    assert ("audit", "cases") not in kept
    assert not [each for each in kept if each[1] in ("feed_marks", "slots")]


def test_a_restored_service_is_closed_until_it_has_healed(
    client: Any, clean_mongo_url: str, tmp_path: Path
) -> None:
    take(tmp_path / "kept", clean_mongo_url)
    empty(client)

    bring_back(tmp_path / "kept", clean_mongo_url, services=("referral",))

    assert Mark(client["golden_thread_referral"]).phase() is Phase.UNHEALED
    assert Mark(client["golden_thread_audit"]).phase() is Phase.OPEN


def test_the_hearers_are_read_before_whom_they_hear() -> None:
    assert services_in_order() == ("audit", "strategy", "referral")


def test_the_files_are_those_of_mongodump_and_nobody_elses_to_read(
    client: Any, clean_mongo_url: str, tmp_path: Path
) -> None:
    take(tmp_path / "kept", clean_mongo_url)

    path = tmp_path / "kept" / "golden_thread_referral" / "referrals.bson"
    assert decode_all(path.read_bytes())[7]["_id"] == "MASH-00007"
    for each in (tmp_path / "kept").rglob("*"):
        assert each.stat().st_mode & 0o077 == 0, each


def test_a_folder_that_holds_anything_is_not_written_over(
    client: Any, clean_mongo_url: str, tmp_path: Path
) -> None:
    take(tmp_path / "kept", clean_mongo_url)

    with pytest.raises(CannotStart, match="not empty"):
        take(tmp_path / "kept", clean_mongo_url)


def without_manifest(folder: Path) -> None:
    (folder / MANIFEST).unlink()


def with_a_changed_word(folder: Path) -> None:
    path = folder / "golden_thread_strategy" / "cases.bson"
    path.write_bytes(path.read_bytes().replace(b"one window", b"two window", 1))


def broken_off(folder: Path) -> None:
    path = folder / "golden_thread_audit" / "entries.bson"
    path.write_bytes(path.read_bytes()[:-11])


def with_a_file_missing(folder: Path) -> None:
    (folder / "golden_thread_audit" / "entries.bson").unlink()


def of_a_later_form(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), "form": 2}))


def with_a_manifest_that_counts_wrong(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_text(path.read_text().replace(f'"documents": {FEW}', f'"documents": {FEW - 1}'))


@pytest.mark.parametrize(
    "spoil",
    [
        without_manifest,
        with_a_changed_word,
        broken_off,
        with_a_file_missing,
        of_a_later_form,
        with_a_manifest_that_counts_wrong,
    ],
)
def test_a_broken_back_up_is_refused_and_nothing_is_touched(
    client: Any, clean_mongo_url: str, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    take(tmp_path / "kept", clean_mongo_url)
    before = everything(client)
    spoil(tmp_path / "kept")

    with pytest.raises(NotWhole):
        check(tmp_path / "kept", quiet)
    with pytest.raises(NotWhole):
        bring_back(tmp_path / "kept", clean_mongo_url, replace=True)
    assert everything(client) == before


def test_a_service_that_holds_anything_is_not_restored_without_saying_so(
    client: Any, clean_mongo_url: str, tmp_path: Path
) -> None:
    take(tmp_path / "kept", clean_mongo_url)
    client["golden_thread_referral"]["referrals"].insert_one({"_id": "MASH-LATER"})
    before = everything(client)

    with pytest.raises(CannotStart, match="--replace"):
        bring_back(tmp_path / "kept", clean_mongo_url)
    assert everything(client) == before

    bring_back(tmp_path / "kept", clean_mongo_url, replace=True)
    assert client["golden_thread_referral"]["referrals"].count_documents({}) == FEW


def test_a_service_that_runs_is_not_restored(
    client: Any, clean_mongo_url: str, tmp_path: Path
) -> None:
    take(tmp_path / "kept", clean_mongo_url)
    empty(client)
    with pymongo.MongoClient(clean_mongo_url, appname="golden-thread-strategy") as service:
        service.admin.command("ping")

        with pytest.raises(CannotStart, match="strategy is running"):
            bring_back(tmp_path / "kept", clean_mongo_url)


def test_a_restore_that_broke_off_is_not_taken_for_a_whole_one(
    client: Any, clean_mongo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(tmp_path / "kept", clean_mongo_url)
    empty(client)
    monkeypatch.setattr(restore, "AT_ONCE", FEW // 2)
    monkeypatch.setattr(Mark, "filled", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        bring_back(tmp_path / "kept", clean_mongo_url)
    monkeypatch.undo()

    assert Mark(client["golden_thread_referral"]).phase() is Phase.FILLING
    with pytest.raises(CannotStart, match="--replace"):
        bring_back(tmp_path / "kept", clean_mongo_url)
    bring_back(tmp_path / "kept", clean_mongo_url, replace=True)
    assert Mark(client["golden_thread_referral"]).phase() is Phase.UNHEALED
