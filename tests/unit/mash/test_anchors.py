"""The anchor book: six attacks on a history and a rolled-back database, each found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.mash.anchors import BadBook, Book, Head, checking_key, new_key, signing_key

Held = dict[tuple[str, int], str]
ONE, TWO = "referral:MASH-ONE", "strategy:MASH-ONE"


def hash_of(*words: object) -> str:
    return hashlib.sha256(repr(words).encode()).hexdigest()


def chain(stream: str, length: int, salt: str = "") -> Held:
    """A stream whose every hash depends on the one before, as real ones do."""
    held: Held = {}
    previous = ""
    for sequence in range(1, length + 1):
        previous = held[stream, sequence] = hash_of(stream, sequence, salt, previous)
    return held


def heads_of(held: Held) -> list[Head]:
    last = {stream: max(n for each, n in held if each == stream) for stream, _ in held}
    return [
        Head(stream=stream, sequence=n, hash=held[stream, n]) for stream, n in sorted(last.items())
    ]


class World:
    """A book with two pages over two streams, and what is held by now."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "book"
        self.private = new_key(folder)
        self.public = folder / "anchor.pub"
        self.write(chain(ONE, 2))
        self.held = {**chain(ONE, 4), **chain(TWO, 3)}
        self.write(self.held)

    def write(self, held: Held) -> None:
        Book(self.path).add(heads_of(held), at="2026-11-20T09:00Z", key=signing_key(self.private))

    def faults(self, held: Held) -> list[str]:
        book = Book(self.path)
        return list(book.check(checking_key(self.public), lambda *place: held.get(place)))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_what_grew_since_is_sound(world: World) -> None:
    assert world.faults(world.held) == []
    assert world.faults({**world.held, **chain(ONE, 9), **chain("audit:MASH-NEW", 1)}) == []


ATTACKS: dict[str, Callable[[Held], Held]] = {
    "the end of a stream cut off": lambda held: {**chain(ONE, 3), **chain(TWO, 3)},
    "a whole stream removed": lambda held: chain(ONE, 4),
    "a stream written anew": lambda held: {**chain(ONE, 4, "other"), **chain(TWO, 3)},
    "an older database put back": lambda held: chain(ONE, 2),
    "a last event changed": lambda held: {**held, (ONE, 4): hash_of("changed")},
    "two events exchanged": lambda held: {**held, (ONE, 4): held[ONE, 3], (ONE, 3): held[ONE, 4]},
    "an event slipped in": lambda held: {**held, (ONE, 4): hash_of("new"), (ONE, 5): held[ONE, 4]},
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_each_attack_is_found(world: World, attack: Callable[[Held], Held]) -> None:
    assert world.faults(attack(world.held))


def test_a_changed_page_a_removed_page_and_a_foreign_key_are_found(world: World) -> None:
    first, second, end = world.path.read_bytes().split(b"\n")
    assert end == b""

    world.path.write_bytes(first.replace(b"2026-11-20", b"2026-11-21") + b"\n" + second + b"\n")
    assert world.faults(world.held)
    world.path.write_bytes(second + b"\n")
    assert world.faults(world.held) != []
    world.path.write_bytes(first + b"\n" + second + b"\n")
    world.private = new_key(world.path.parent / "other")
    world.write({**world.held, **chain(ONE, 5)})
    assert world.faults({**world.held, **chain(ONE, 5)})


def test_a_page_cut_short_by_a_crash_does_no_harm(world: World) -> None:
    whole = world.path.read_bytes()
    world.path.write_bytes(whole + b'{"at":"2026-11-20T09:0')

    world.write({**world.held, **chain(ONE, 5)})

    assert world.faults({**world.held, **chain(ONE, 5)}) == []
    assert world.faults(world.held) != []


def test_only_what_moved_is_written_and_what_went_back_is_named(world: World) -> None:
    book, before = Book(world.path), world.path.read_bytes()

    assert book.add(heads_of(world.held), at="later", key=signing_key(world.private)) == 0
    assert world.path.read_bytes() == before
    assert [each.stream for each in book.gone_back(heads_of(chain(ONE, 3)))] == [ONE]


def test_two_who_keep_one_book_take_turns(world: World) -> None:
    one, other = Book(world.path), Book(world.path)
    key = signing_key(world.private)

    one.add(heads_of(chain(ONE, 5)), at="one", key=key)
    assert other.add(heads_of(chain(ONE, 5)), at="other", key=key) == 0
    other.add(heads_of(chain(ONE, 6)), at="other", key=key)
    one.add(heads_of(chain(TWO, 4)), at="one", key=key)

    assert world.faults({**chain(ONE, 6), **chain(TWO, 4)}) == []
    assert Book(world.path).pages == 5


def test_a_second_key_is_refused_and_a_wrong_file_is_named(world: World) -> None:
    with pytest.raises(BadBook, match="a key already"):
        new_key(world.path.parent)
    with pytest.raises(BadBook, match="new-key"):
        signing_key(world.path)
    with pytest.raises(BadBook, match=r"anchor\.pub"):
        checking_key(world.private)
