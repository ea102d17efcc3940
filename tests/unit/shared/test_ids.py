"""References: the same submission always has the same one, and it says nothing about anybody."""

from __future__ import annotations

import re
import uuid

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import (
    ALPHABET,
    case_reference,
    child_reference,
    new_event_id,
    new_submission_id,
)

CASE = re.compile(f"MASH-[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}")
CHILD = re.compile(f"CH-[{ALPHABET}]{{5}}-[{ALPHABET}]{{5}}")
SUBMISSION = "6a3d3c1e-5f0e-4c52-9f6c-000000000001"


def test_a_reference_never_changes_from_release_to_release() -> None:
    # Written down once: another answer would make a retried submission a second referral.
    assert case_reference(SUBMISSION) == "MASH-Y4SEP-J7XSW"
    assert case_reference(SUBMISSION, salt=1) == "MASH-JYHAF-BZ1FZ"
    assert child_reference(SUBMISSION, 0) == "CH-FT6AP-0TZYD"
    assert child_reference(SUBMISSION, 1) == "CH-GN2R2-RRPKH"


@given(st.text(), st.integers(min_value=0, max_value=9), st.integers(min_value=0, max_value=30))
def test_references_are_deterministic_and_keep_to_the_alphabet(
    submission: str, salt: int, position: int
) -> None:
    case, child = case_reference(submission, salt), child_reference(submission, position, salt)

    assert case == case_reference(submission, salt)
    assert child == child_reference(submission, position, salt)
    assert CASE.fullmatch(case)
    assert CHILD.fullmatch(child)


def test_the_alphabet_has_no_letter_that_is_mistaken_on_the_telephone() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("ILOU") & set(ALPHABET)


def test_a_hundred_thousand_submissions_have_as_many_references() -> None:
    assert len({case_reference(str(number)) for number in range(100_000)}) == 100_000


def test_the_children_of_a_submission_and_its_case_all_differ() -> None:
    children = {child_reference(SUBMISSION, position) for position in range(50)}
    salted = {child_reference(SUBMISSION, position, 1) for position in range(50)}

    assert len(children | salted) == 100
    assert case_reference(SUBMISSION).split("-", 1)[1] not in {c[3:] for c in children}


def test_a_salt_gives_another_candidate_every_time() -> None:
    assert len({case_reference(SUBMISSION, salt) for salt in range(1000)}) == 1000


def test_submission_ids_and_event_ids_never_repeat() -> None:
    submissions = {new_submission_id() for _ in range(1000)}
    events = {new_event_id() for _ in range(1000)}

    assert len(submissions) == len(events) == 1000
    assert all(uuid.UUID(each).version == 4 for each in submissions)
    assert all(re.fullmatch(f"[{ALPHABET}]{{26}}", each) for each in events)
