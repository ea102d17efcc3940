"""One schema, two doors: the same command from a form and from JSON, the same words for a fault."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from services.strategy.domain.case import Attendance, Medical
from services.strategy.schemas.commands import (
    AllocateIn,
    AttemptIn,
    CallMeetingIn,
    DeclineLeadIn,
    RecordMeetingIn,
    SeenIn,
    command_from,
)
from shared.events.codes import Agency, MedicalDecision, Presence
from shared.web.forms import form_to_dict
from tests.unit.strategy.world import FIRST, REF

SEEN = {
    "submission_id": "seen-0001",
    "seen_at": "2026-07-04T09:30:00+00:00",
    "seen_alone": True,
    "childs_views": "Fictional words",
}
SEEN_TYPED = {
    "csrf_token": "any",
    "submission_id": "seen-0001",
    "seen_at-day": "4",
    "seen_at-month": "July",
    "seen_at-year": "2026",
    "seen_at-time": "10:30",
    "seen_alone": "yes",
    "not_alone_reason": "",
    "visited_by": "",
    "childs_views": "Fictional words",
}


def test_a_form_and_a_json_body_make_the_same_command() -> None:
    schema = SeenIn()
    typed = form_to_dict(MultiDict(SEEN_TYPED), schema)

    by_page = command_from(schema, typed, ref=REF, child=FIRST)

    assert by_page == command_from(SeenIn(), SEEN, ref=REF, child=FIRST)


def test_the_rows_of_a_form_become_attendance_and_medicals() -> None:
    schema = RecordMeetingIn()
    typed = form_to_dict(
        MultiDict(
            {
                "submission_id": "record-0001",
                "held_at-day": "4",
                "held_at-month": "3",
                "held_at-year": "2026",
                "held_at-time": "10:00",
                "attendance-0-agency": "police",
                "attendance-0-presence": "attended",
                "attendance-0-can_decide": "yes",
                "attendance-1-agency": "health",
                "attendance-1-presence": "apologies",
                "section_47": "no",
                "rationale": "Fictional",
                "medicals-0-child": FIRST,
                "medicals-0-decision": "required",
            }
        ),
        schema,
    )

    command = command_from(schema, typed, ref=REF)

    assert command.section_47 is False
    assert command.attendance == (
        Attendance(agency=Agency.POLICE, presence=Presence.ATTENDED, can_decide=True),
        Attendance(agency=Agency.HEALTH, presence=Presence.APOLOGIES, can_decide=False),
    )
    assert command.medicals == (Medical(child=FIRST, decision=MedicalDecision.REQUIRED),)


@pytest.mark.parametrize(
    ("schema", "missing"),
    [
        (SeenIn(), {"submission_id", "seen_at", "seen_alone", "childs_views"}),
        (AttemptIn(), {"submission_id", "attempted_at", "reason", "next_attempt_at"}),
        (AllocateIn(), {"submission_id", "social_worker", "plan", "visit_by"}),
        (CallMeetingIn(), {"submission_id", "starts_at", "mode", "invited"}),
        (DeclineLeadIn(), {"submission_id", "reason"}),
    ],
)
def test_an_empty_body_names_every_field_that_is_needed(schema: Any, missing: set[str]) -> None:
    with pytest.raises(ValidationError) as wrong:
        command_from(schema, {}, ref=REF)

    assert set(wrong.value.normalized_messages()) == missing


@pytest.mark.parametrize(
    ("but", "field", "says"),
    [
        ({"extra": 1}, "extra", "not a field"),
        ({"seen_at": "2026-02-30"}, "seen_at", "real date"),
        ({"seen_at": "2026-07-04T09:30:00"}, "seen_at", "offset"),
        ({"childs_views": "x" * 5001}, "childs_views", "5,000 characters or fewer"),
        ({"childs_views": "  "}, "childs_views", "Enter what the child said"),
        ({"not_alone_reason": "because"}, "not_alone_reason", "from the list"),
        ({"visited_by": {"$ne": 1}}, "visited_by", "Enter text"),
        ({"submission_id": "a.b$c-0001"}, "submission_id", "letters, digits"),
    ],
)
def test_each_wrong_answer_names_its_field_and_what_to_do(
    but: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(ValidationError) as wrong:
        command_from(SeenIn(), SEEN | but, ref=REF, child=FIRST)

    assert says in str(wrong.value.normalized_messages()[field])
