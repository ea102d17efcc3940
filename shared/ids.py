"""Opaque references: they name a record and say nothing about anybody."""

from __future__ import annotations

import hashlib
import uuid

from ulid import ULID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a reference survives a telephone call."""


def new_event_id() -> str:
    """Return a new event id: a ULID, sortable by time."""
    return str(ULID())


def new_submission_id() -> str:
    """Return a new id for a form or a call, made before it is sent."""
    return str(uuid.uuid4())


def case_reference(submission_id: str, salt: int = 0) -> str:
    """Return the case reference that belongs to a submission: the same for the same submission.

    So a double click and a retry after a time-out meet the same record. `salt` gives the next
    candidate, for the one time in 10^15 that two submissions meet.
    """
    return f"MASH-{_ten_characters('case', submission_id, salt)}"


def child_reference(submission_id: str, position: int, salt: int = 0) -> str:
    """Return the reference of the child at `position` (from 0) of a submission."""
    return f"CH-{_ten_characters(f'child {position}', submission_id, salt)}"


def _ten_characters(kind: str, submission_id: str, salt: int) -> str:
    digest = hashlib.sha256(f"{kind}|{submission_id}|{salt}".encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    text = ""
    for _ in range(10):
        number, place = divmod(number, 32)
        text += ALPHABET[place]
    return f"{text[:5]}-{text[5:]}"
