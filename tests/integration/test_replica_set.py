"""A replica set of three: what was answered outlives any member, and a new primary is a pause.

Every fault is really caused, under writes. "Answered" means that the one write returned: that is
when a page says "received", an event may be published and a message is acknowledged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pymongo import WriteConcern
from pymongo.errors import ConnectionFailure, PyMongoError, WriteConcernError

from services.audit.app import build as build_audit
from shared.clock import SystemClock
from shared.database import collection_of
from shared.plumbing import plumb
from shared.run import refuse_an_unfit_store
from shared.service import Service
from shared.settings import Settings
from shared.store import Write
from tests.conftest import environment
from tests.support.members import Members
from tests.support.nodes import MongoNode
from tests.support.parts import find_mongod
from tests.support.toy import SOMEBODY, SpeakerDocument, Toy, speak
from tests.support.waiting import eventually

WRITERS = 4
ENOUGH = 30
RESUMES_WITHIN = 90.0
ELECTED_WITHIN = 90.0


class ReplicaSet(Members):
    """The members, and who of them is what at this moment."""

    def elected(self) -> MongoNode:
        """Return the primary, waiting for an election."""

        def found() -> list[MongoNode]:
            number = self.primary()
            return [] if number is None else [self.nodes[number]]

        (primary,) = eventually(found, "there is a primary", within=ELECTED_WITHIN)
        return primary

    def is_primary(self, node: MongoNode) -> bool:
        """Is it the primary, by its own word?"""
        return bool(self.ask(self.nodes.index(node), "hello")["isWritablePrimary"])

    def others(self, node: MongoNode) -> list[MongoNode]:
        """Return the other members."""
        return [each for each in self.nodes if each is not node]

    def spoil_the_next_update(self, **how: object) -> None:
        """Let the primary answer the next update as one likes (MongoDB's failCommand)."""
        what = {"failCommands": ["update"], **how}
        primary = self.nodes.index(self.elected())
        self.ask(primary, "configureFailPoint", "failCommand", mode={"times": 1}, data=what)


Fault = Callable[[ReplicaSet], MongoNode]


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaSet]:
    """Three members."""
    three = ReplicaSet(find_mongod(), tmp_path_factory.mktemp("replicas"), network=False)
    try:
        three.start()
        yield three
    finally:
        three.kill()


@pytest.fixture
def toy(replicas: ReplicaSet, tmp_path: Path) -> Toy:
    """The product's store on the whole set."""
    replicas.wait_until_whole()
    return Toy(Settings.from_env(environment(tmp_path, replicas.url)))


@dataclass
class Book:
    """What was answered, by record, and what was attempted without an answer."""

    answered: dict[str, int] = field(default_factory=dict)
    unanswered: dict[str, int] = field(default_factory=dict)
    faults: list[PyMongoError] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def note(self, ref: str, fault: PyMongoError | None) -> None:
        """Note how one attempt ended."""
        page = self.unanswered if fault else self.answered
        page[ref] = page.get(ref, 0) + 1
        if fault:
            self.faults.append(fault)
        else:
            self.times.append(time.monotonic())

    @property
    def longest_pause(self) -> float:
        """Seconds between two answers, at most."""
        return max(b - a for a, b in zip(self.times, self.times[1:], strict=False))


@contextmanager
def writing(toy: Toy, ref_of: Callable[[int, int], str]) -> Iterator[Book]:
    """Write from several threads for the time of the block. `ref_of(writer, n)` is what to."""
    book, lock, over = Book(), threading.Lock(), threading.Event()

    def keep_writing(writer: int) -> None:
        n = 0
        while not over.is_set():
            ref = ref_of(writer, n)
            fault: PyMongoError | None = None
            n += 1
            try:
                toy.say(ref)
            except PyMongoError as raised:
                fault = raised
            with lock:
                book.note(ref, fault)

    threads = [threading.Thread(target=keep_writing, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        wait_for_answers(book, ENOUGH)
        yield book
    finally:
        over.set()
        for thread in threads:
            thread.join()


def wait_for_answers(book: Book, more: int) -> None:
    """Return when so many more were answered."""
    least = len(book.times) + more
    eventually(lambda: len(book.times) >= least, "writes are answered", within=RESUMES_WITHIN)


def new_record(writer: int, n: int) -> str:
    """Each write to a record of its own."""
    return f"MASH-{writer:05}-{n:05}"


def own_record(writer: int, n: int) -> str:
    """Each writer to one record that grows."""
    return f"MASH-{writer:05}-00000"


def versions(toy: Toy) -> Mapping[str, int]:
    """Return how long each record is, as a majority holds it."""
    return {each["_id"]: each["version"] for each in collection_of(SpeakerDocument).find({})}


def lost(book: Book, toy: Toy) -> list[str]:
    """Return the records that hold fewer events than were answered."""
    there = versions(toy)
    return [ref for ref, answered in book.answered.items() if there.get(ref, 0) < answered]


def write_to_a_primary_that_is_alone(toy: Toy, replicas: ReplicaSet) -> tuple[Book, int]:
    """Kill both secondaries, write on, kill the primary; the other two go on without it.

    Returns the book, and how many were answered while the primary was alone. A plain kill of the
    primary would prove nothing: the secondaries hold what it has acknowledged a moment before.
    """
    with writing(toy, new_record) as book:
        primary = replicas.elected()
        others = replicas.others(primary)
        for each in others:
            each.kill()
        before = len(book.times)
        # It gives up being primary once it has seen nobody for the length of an election.
        eventually(lambda: not replicas.is_primary(primary), "it is primary no more", within=60)
        alone = len(book.times) - before
        primary.kill()
        for each in others:
            each.start()
        wait_for_answers(book, ENOUGH)
    primary.start()
    replicas.wait_until_whole()
    return book, alone


def test_what_was_answered_survives_a_primary_that_was_alone_and_is_killed(
    toy: Toy, replicas: ReplicaSet
) -> None:
    book, alone = write_to_a_primary_that_is_alone(toy, replicas)

    assert lost(book, toy) == []
    assert alone <= WRITERS, "only what was on its way to the others may be answered"


def test_the_same_fault_takes_what_one_member_alone_has_acknowledged(
    toy: Toy, replicas: ReplicaSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.database.DURABLE", WriteConcern(1, j=True))

    book, alone = write_to_a_primary_that_is_alone(toy, replicas)

    assert alone > WRITERS, "the fault was not reached: nothing was answered by one member"
    assert len(lost(book, toy)) > 0


def step_down(replicas: ReplicaSet) -> MongoNode:
    """An orderly change, as for maintenance."""
    primary = replicas.elected()
    assert replicas.step_down(seconds=60)
    return primary


def kill(replicas: ReplicaSet) -> MongoNode:
    """The machine is gone."""
    primary = replicas.elected()
    primary.kill()
    return primary


def freeze(replicas: ReplicaSet) -> MongoNode:
    """The machine hangs, or is cut off with some of its clients: connections stay open."""
    primary = replicas.elected()
    primary.pause()
    return primary


@pytest.mark.parametrize("cause", [step_down, kill, freeze])
def test_a_primary_that_goes_is_a_pause_and_nothing_is_lost_or_doubled(
    cause: Fault, toy: Toy, replicas: ReplicaSet
) -> None:
    with writing(toy, own_record) as book:
        before = cause(replicas)
        others = replicas.others(before)
        eventually(
            lambda: any(replicas.is_primary(each) for each in others),
            "another is elected",
            within=ELECTED_WITHIN,
        )
        wait_for_answers(book, ENOUGH)
        if cause is kill:
            before.start()
        if cause is freeze:
            before.resume()
        wait_for_answers(book, ENOUGH)
    replicas.wait_until_whole()

    print(f"longest pause {book.longest_pause:.1f} s, {len(book.times)} answered")  # noqa: T201
    there = versions(toy)
    assert lost(book, toy) == []
    if cause is not freeze:
        assert book.faults == [], "a retried write hides the change from whoever waits"
    # How long a frozen member holds up those that followed it is MongoDB's to say, 30 s at times:
    # whoever waited as long as anybody may was told "not known", and nothing else.
    unknown = [isinstance(fault, ConnectionFailure) or fault.timeout for fault in book.faults]
    assert all(unknown), book.faults
    for ref, written in there.items():
        attempted = book.answered.get(ref, 0) + book.unanswered.get(ref, 0)
        assert written <= attempted, "nothing was written twice"
        assert [event.sequence for event in toy.said(ref)] == list(range(1, written + 1))


def test_a_write_that_only_one_member_holds_is_an_error_and_not_a_write_overtaken(
    toy: Toy, replicas: ReplicaSet
) -> None:
    # Taken for "overtaken", it would be read again, found to be done, and answered as safe.
    ref, now = new_record(0, 0), toy.speakers.clock.now()
    toy.say(ref)
    root = toy.speakers.load(ref)
    write = Write(root=root, change=speak(root.state, now), by=SOMEBODY, at=now)
    said = {"code": 100, "errmsg": "not enough members"}
    replicas.spoil_the_next_update(writeConcernError=said)

    with pytest.raises(WriteConcernError):
        toy.speakers.commit(write)


def test_a_member_that_turns_out_not_to_be_the_primary_is_asked_no_more(
    toy: Toy, replicas: ReplicaSet
) -> None:
    # Without the label, the driver takes the refusal for final: so it does when it learns of the
    # change between choosing the member and asking it.
    ref = new_record(0, 0)
    toy.say(ref)
    replicas.spoil_the_next_update(errorCode=10107, errorLabels=[])

    toy.say(ref)

    assert toy.speakers.load(ref).version == 2


def test_what_only_one_member_holds_is_not_read(toy: Toy, replicas: ReplicaSet) -> None:
    # The relay would publish it, and a new primary could take it back.
    ref = new_record(0, 0)
    toy.say(ref)
    others = replicas.others(replicas.elected())
    for each in others:
        each.pause()

    try:
        alone = collection_of(SpeakerDocument).with_options(write_concern=WriteConcern(1))
        alone.update_one({"_id": ref}, {"$set": {"version": 99}})
        assert toy.speakers.load(ref).version == 1
    finally:
        for each in others:
            each.resume()


@pytest.fixture
def audit_in_server_mode(tmp_path: Path) -> Callable[[str], Service]:
    """The audit service as a server would run it, on a store of one's choice."""

    def of(mongo_url: str) -> Service:
        given = environment(tmp_path, mongo_url, MASH_MODE="server")
        return build_audit(Settings.from_env(given), SystemClock())

    return of


def test_a_server_refuses_a_standalone_store_and_a_missing_unique_index_with_the_remedies(
    clean_mongo_url: str, audit_in_server_mode: Callable[[str], Service]
) -> None:
    with pytest.raises(SystemExit) as refused:
        refuse_an_unfit_store(audit_in_server_mode(clean_mongo_url))

    words = str(refused.value)
    assert "standalone MongoDB: start it with --replSet" in words
    assert "entries has no unique index on stream, sequence: run `indexes` of audit" in words


def test_a_server_takes_a_replica_set_once_its_indexes_are_made(
    replicas: ReplicaSet, audit_in_server_mode: Callable[[str], Service]
) -> None:
    replicas.wait_until_whole()
    audit = audit_in_server_mode(replicas.url)
    with pytest.raises(SystemExit, match="unique index"):
        refuse_an_unfit_store(audit)

    plumb(audit).ensure_indexes()

    refuse_an_unfit_store(audit)
