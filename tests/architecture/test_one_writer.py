"""Nothing but the one write changes a root document: every line that writes is known here."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

import pytest

from shared.mongo_records import RootDocument
from shared.service import Service
from tests.architecture.tree import Module, module_of, modules

WRITING = frozenset(
    (
        *("save", "update_one", "update_many", "insert_one", "insert_many", "replace_one"),
        *("delete_one", "delete_many", "bulk_write", "find_one_and_update", "modify"),
        *("find_one_and_replace", "find_one_and_delete", "upsert_one", "drop", "insert"),
        *("drop_collection", "drop_database", "rename", "cascade_save", "update", "delete"),
        *("remove", "create", "write"),
    )
)
"""Every method of pymongo and mongoengine that can write, and its namesakes elsewhere."""

ALLOWED: Mapping[tuple[str, str], str] = {
    ("shared/mongo_records.py", "bulk_write"): "the one write, and raising the published marker",
    ("shared/store.py", "write"): "the only caller of the one write",
    ("shared/messaging/held.py", "update_one"): "held events are no root documents",
    ("shared/messaging/held.py", "find_one_and_update"): "ditto: one that is taken up again",
    ("shared/messaging/held.py", "update_many"): "ditto: makes parked events due again",
    ("shared/messaging/held.py", "delete_one"): "ditto: one that was handled",
    ("shared/messaging/feed.py", "update_one"): "how far a feed was compared",
    ("shared/restored.py", "replace_one"): "the mark that keeps a restored service closed",
    ("shared/restored.py", "update_one"): "ditto: filled, healed",
    ("shared/lost.py", "update_one"): "what a restore lost, until somebody entered it again",
    ("shared/messaging/abreast.py", "update_one"): "how far a source was heard when last asked",
    ("shared/watch/heartbeats.py", "update_one"): "signs of life of a process",
    ("shared/watch/book.py", "insert_one"): "an alarm that is raised",
    ("shared/watch/book.py", "update_one"): "how an alarm stands, and that it was told",
    ("shared/watch/book.py", "find_one_and_update"): "ditto: one process clears it and tells of it",
    ("shared/watch/deeds.py", "insert_one"): "what a person did about parked events",
    ("services/audit/documents.py", "insert_many"): "the timeline entry is audit's one write",
    ("services/audit/documents.py", "bulk_write"): "projections, thrown away at will",
    ("services/audit/documents.py", "delete_one"): "ditto",
    ("services/strategy/documents.py", "insert_one"): "a reservation of a manager's time",
    ("services/strategy/documents.py", "delete_many"): "ditto, given back",
}
"""The only lines of the product that write to the database, each with its reason."""

NOT_A_DATABASE = frozenset(
    {
        "response.headers.update",
        "steps.update",
        "reasons.insert",
        "inner.write",
        "codec_of(type(fact)).write",
    }
)
"""Dictionaries, lists and codecs whose methods have the same names."""


def writes_in(module: Module) -> list[tuple[str, str]]:
    """Return (path, method) of every call that could write to a database."""
    return [
        (module.path, name)
        for name, call in module.method_calls()
        if name in WRITING and ast.unparse(call.func) not in NOT_A_DATABASE
    ]


def outside_mash() -> Iterable[Module]:
    """Return the product without its command line: of it, `mash restore` alone writes, and only
    into the database of a service that is stopped."""
    return [each for each in modules() if not each.path.startswith("shared/mash/")]


def test_every_line_that_writes_is_known_and_has_a_reason() -> None:
    found = {write for module in outside_mash() for write in writes_in(module)}

    assert found - set(ALLOWED) == set(), "write root documents through Roots.act alone"
    assert set(ALLOWED) - found == set(), "no longer there: take it from the list"


@pytest.mark.parametrize(
    "line",
    [
        "document.save()",
        "referrals.collection.update_one({}, {})",
        "self.collection.find_one_and_update({}, {})",
        "ReferralDocument.objects(ref=ref).update(set__state=state)",
        "ReferralDocument.objects(ref=ref).modify(inc__version=1)",
        "collection_of(ReferralDocument).insert_one(state)",
        "ReferralDocument.objects.create(ref=ref)",
        "ReferralDocument.objects(ref=ref).delete()",
        "database.drop_collection('referrals')",
    ],
)
def test_a_line_that_writes_past_the_store_is_found(line: str) -> None:
    assert writes_in(module_of(line))


def test_no_aggregation_writes_and_no_command_does_more_than_ask() -> None:
    for module in modules():
        texts = {node.value for node in ast.walk(module.tree) if isinstance(node, ast.Constant)}
        assert not {"$out", "$merge"} & {text for text in texts if isinstance(text, str)}
        for name, call in module.method_calls():
            if name == "command" and "database" in ast.unparse(call.func):
                asked = [ast.unparse(each) for each in call.args]
                assert asked in (["'ping'"], ["'hello'"], ["'dbStats'"]), module.path


def test_no_root_document_is_among_the_other_collections(services: Mapping[str, Service]) -> None:
    for service, built in services.items():
        root = f"collection_of({built.roots.records.document.__name__})"
        for module in modules(f"services/{service}"):
            written = [
                ast.unparse(call.func) for name, call in module.method_calls() if name in WRITING
            ]
            assert [target for target in written if root in target] == [], module.path


def test_there_is_one_kind_of_root_document_a_service(services: Mapping[str, Service]) -> None:
    ours = {each for each in RootDocument.__subclasses__() if "services." in each.__module__}

    assert ours == {each.roots.records.document for each in services.values()}
    assert len(ours) == len(services)


def test_services_never_speak_to_the_driver_about_writing() -> None:
    classes = {"UpdateOne", "InsertOne", "ReplaceOne", "UpdateMany", "DeleteOne", "DeleteMany"}
    users = {each.path for each in modules() if classes & set(each.imported())}

    # Projections alone: the record of a service is written in one place.
    assert users == {"shared/mongo_records.py", "services/audit/documents.py"}


def test_only_the_store_commits_a_change() -> None:
    committing = {
        module.path
        for module in modules()
        for name, _ in module.method_calls()
        if name in {"commit", "commit_many"}
    }

    assert committing <= {"shared/store.py", "shared/hearing.py"}
