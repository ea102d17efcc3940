"""`mash anchors`: keep the anchor book, and check the system against it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.clock import SystemClock
from shared.events.envelope import iso
from shared.mash.anchors import BadBook, Book, Head, checking_key, new_key, signing_key
from shared.mash.client import Refused, System, running_system
from shared.mash.export import events_of
from shared.mash.folder import DataFolder
from shared.mash.options import BAD_NEWS, ERR, OUT, system_options
from shared.mash.roster import service_names
from shared.messaging.feed import LONG_AGO, OVERLAP, FeedClient, FeedUnavailable

FILE: Final = click.Path(dir_okay=False, path_type=Path)
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@click.group()
def anchors() -> None:
    """Keep a signed book of every stream's last event, outside the database."""


@anchors.command("new-key")
@click.argument("folder", type=FOLDER)
def make_key(folder: Path) -> None:
    """Make a key pair in FOLDER: anchor.key signs, anchor.pub checks."""
    OUT.print(f"{new_key(folder)} signs; {folder / 'anchor.pub'} checks")


@anchors.command()
@click.argument("book", type=FILE)
@click.option("--key", type=FILE, required=True, help="The key to sign with.")
@click.option("--every", type=click.FloatRange(min=1), help="Seconds between pages; else one page.")
@click.option(
    "--service-url", "urls", multiple=True, envvar="MASH_SERVICE_URLS", metavar="NAME=URL",
    help="Where a service answers, if not all at one address (MASH_SERVICE_URLS).",
)  # fmt: skip
@system_options
def sign(book: Path, key: Path, every: float | None, urls: tuple[str, ...], **where: Any) -> None:
    """Write down the heads of all streams that moved. A service that is away comes next time."""
    signing = signing_key(key)
    kept, over = Book(book), threading.Event()
    looked: dict[str, datetime] = {}
    while True:
        try:
            _add_page(kept, signing, _heads(_feed(urls, **where), looked))
        except Refused as fault:
            if every is None:
                raise
            ERR.print(str(fault))
        if every is None or over.wait(every):
            return


@anchors.command()
@click.argument("book", type=FILE)
@click.option("--public-key", type=FILE, required=True, help="The anchor.pub of the book's key.")
@system_options
@click.pass_context
def check(
    ctx: click.Context, book: Path, public_key: Path, data: Path, url: str | None, token: str | None
) -> None:
    """Compare what audit holds with every page of the book. Ends with 1 if anything is amiss."""
    key, kept = checking_key(public_key), Book(book)
    if not kept.pages:
        raise BadBook(f"{book} holds no page")
    system = running_system(DataFolder.at(data), url, token)
    held = {(each["stream"], each["sequence"]): each["hash"] for each in events_of(system)}
    faults = list(kept.check(key, lambda stream, sequence: held.get((stream, sequence))))
    for words in faults:
        OUT.print(words)
    OUT.print(f"{kept.pages} pages, {len(kept.known)} streams: {'NOT ' if faults else ''}sound")
    ctx.exit(BAD_NEWS if faults else 0)


def _feed(urls: tuple[str, ...], *, data: Path, url: str | None, token: str | None) -> FeedClient:
    named = dict(each.partition("=")[::2] for each in urls)
    if named and token:
        return FeedClient(named, token)
    system: System = running_system(DataFolder.at(data), url, token)
    return FeedClient(dict.fromkeys(service_names(), system.url), system.token)


def _add_page(book: Book, key: Ed25519PrivateKey, found: Iterator[Head]) -> None:
    now, heads = iso(SystemClock().now()), list(found)
    back = book.gone_back(heads)
    for each in back:
        ERR.print(f"{each.stream} has gone back: another head than the book says, or a shorter one")
    written = book.add([each for each in heads if each not in back], at=now, key=key)
    ERR.print(f"{now} page {book.pages}: {written} streams moved")


def _heads(feed: FeedClient, looked: dict[str, datetime]) -> Iterator[Head]:
    """Yield what may have moved since each service was last asked; `looked` is kept up to date."""
    for name in service_names():
        newest = looked.get(name, LONG_AGO)
        try:
            for each in feed.heads(f"/{name}", since=max(LONG_AGO, newest - OVERLAP)):
                yield Head(stream=each.stream, sequence=each.sequence, hash=each.hash)
                newest = max(newest, each.changed_at)
        except FeedUnavailable as fault:
            ERR.print(str(fault))
        else:
            looked[name] = newest
