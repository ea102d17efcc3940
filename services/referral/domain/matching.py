"""Finding that a child may be known: a keyed digest, confirmed by a person."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from services.referral.domain.commands import MatchChild
from services.referral.domain.errors import (
    ChildIsMatchedAlready,
    ChildIsNotOnThisReferral,
    KnownChildIsNotOnThatCase,
)
from services.referral.domain.referral import Match, Referral, require_step
from services.referral.domain.report import ReportedChild
from shared.changes import Change
from shared.events.referral import ChildMatched

REFERRAL_AGAIN: Final = timedelta(days=365)
"""A re-referral is one within 12 months of another (DfE children in need statistics)."""


def match_key(child: ReportedChild, *, secret: str) -> str | None:
    """Return what two reports of the same child share, and nothing about the child.

    Written names differ in case, accents, spaces, hyphens and apostrophes; the key does not. None
    when a name or the birth date is missing: a guess would match strangers.
    """
    if not (child.first_names and child.last_name and child.date_of_birth):
        return None
    names = f"{_folded(child.first_names)}|{_folded(child.last_name)}"
    if names.startswith("|") or names.endswith("|"):
        return None
    text = f"{names}|{child.date_of_birth.isoformat()}"
    return hmac.new(f"match-key|{secret}".encode(), text.encode(), hashlib.sha256).hexdigest()


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def match_child(
    state: Referral | None,
    command: MatchChild,
    *,
    known: Referral | None,
    by: str,
    at: datetime,
) -> Change[Referral] | None:
    """Confirm that a child is one the hub knows from an earlier referral. A person does this.

    Confirming the same match again changes nothing.
    """
    referral = require_step(state, MatchChild)
    if command.child not in {child.ref for child in referral.children}:
        raise ChildIsNotOnThisReferral(
            "Select a child of this referral: this child is not on it.", field="child"
        )
    if command.known_case == referral.ref or known is None or not known.has(command.known_child):
        raise KnownChildIsNotOnThatCase(
            "Select a child of the earlier referral: this child is not on it.",
            field="known_child",
        )
    for each in referral.matches:
        if (each.child, each.known_case) == (command.child, command.known_case):
            if each.known_child == command.known_child:
                return None
            raise ChildIsMatchedAlready(
                "This child is confirmed already as another child of that referral.",
                field="known_child",
            )
    match = Match(
        child=command.child,
        known_child=command.known_child,
        known_case=command.known_case,
        known_received_at=known.received_at,
        confirmed_by=by,
        confirmed_at=at,
    )
    fact = ChildMatched(
        child=command.child, known_child=command.known_child, known_case=command.known_case
    )
    return Change(replace(referral, matches=(*referral.matches, match)), (fact,))


def confirmed_cases(matches: Sequence[Match]) -> tuple[str, ...]:
    """Return the earlier cases a person confirmed, newest first, each once."""
    newest_first = sorted(matches, key=lambda each: each.known_received_at, reverse=True)
    return tuple(dict.fromkeys(each.known_case for each in newest_first))


def number_within_12_months(earlier: Iterable[datetime], *, received_at: datetime) -> int:
    """Return which referral within 12 months this one is: 1 for the first."""
    since = received_at - REFERRAL_AGAIN
    return 1 + sum(1 for each in earlier if since <= each < received_at)
