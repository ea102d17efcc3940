"""The referral form: one schema for the page and for the API, all faults told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any, Final, TypeVar

from marshmallow import fields, post_load, pre_load, validates_schema
from marshmallow.validate import Length

from services.referral.domain.report import (
    FamilyView,
    Referrer,
    Report,
    ReportedChild,
    RequestAndStrengths,
    Safety,
    Worries,
    with_a_reason,
)
from services.referral.schemas.child import ChildIn
from services.referral.schemas.incident import not_in_the_future
from services.referral.schemas.parts import Faults, Form, is_blank
from services.referral.schemas.questions import words, yes_or_no
from services.referral.schemas.rules import RULES, is_child_protection
from services.referral.schemas.sections import (
    FamilyIn,
    ReferrerIn,
    RequestIn,
    SafetyIn,
)
from services.referral.schemas.worries import WorriesIn
from shared.clock import london
from shared.events.codes import ReferralSource

MOST_CHILDREN: Final = 20
ASK_SUBMISSION: Final = (
    "Send a submission_id: a UUID made once for this referral and repeated when you try again"
)
P = TypeVar("P")


class BeginningIn(Form):
    """What says which submission this is, and which form."""

    submission_id = fields.UUID(
        required=True,
        error_messages=words(ASK_SUBMISSION),
        metadata={"label": "Submission", "kind": "hidden"},
    )
    urgent = yes_or_no(
        "Is this the urgent short form?", "Select whether this is the urgent short form"
    )


class ChildrenIn(Form):
    """Section B: the children."""

    children = fields.List(
        fields.Nested(ChildIn),
        required=True,
        validate=Length(min=1, max=MOST_CHILDREN, error="Add from 1 to 20 children"),
        error_messages=words("Add at least one child"),
        metadata={"label": "Children"},
    )


# marshmallow lays out the fields of the last base first: the page order, read upwards.
class ReferralIn(ReferrerIn, RequestIn, WorriesIn, FamilyIn, ChildrenIn, SafetyIn, BeginningIn):
    """A referral as sent. In page order: safety, children, family, worries, request, referrer."""

    def __init__(self, *, now: datetime | None = None, **how: Any) -> None:
        super().__init__(**how)
        self.now = now

    @pre_load
    def tell_the_children(self, given: Any, **_: Any) -> Any:
        """Judge each child by the form it is on: its day, and whether it is the urgent one."""
        child = self.fields["children"].inner.schema  # type: ignore[attr-defined]
        child.today = london(self._now).date()
        child.urgent = isinstance(given, Mapping) and given.get("urgent") in (True, "yes", "true")
        return given

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def rules_between_answers(
        self, loaded: dict[str, Any], original: Mapping[str, Any], **_: Any
    ) -> None:
        """Apply every rule between answers and tell all faults together."""
        faults = Faults(original)
        for rule in RULES:
            rule(loaded, faults)
        not_in_the_future(loaded, faults, now=self._now)
        faults.tell()

    @post_load
    def to_report(self, loaded: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the submission's id and the report, its answers in their sections."""
        source = loaded.setdefault("referral_source", ReferralSource.UNKNOWN)
        if source is ReferralSource.ANONYMOUS:
            loaded["anonymous"] = True
        report = Report(
            urgent=loaded.get("urgent", False),
            safety=_section(Safety, loaded),
            children=tuple(_section(ReportedChild, child) for child in loaded["children"]),
            family=with_a_reason(
                _section(FamilyView, loaded), child_protection=is_child_protection(loaded)
            ),
            worries=_section(Worries, loaded),
            request=_section(RequestAndStrengths, loaded),
            referrer=_section(Referrer, loaded),
        )
        return {"submission_id": str(loaded["submission_id"]), "report": report}

    @property
    def _now(self) -> datetime:
        if self.now is None:
            raise RuntimeError("ReferralIn: give now=, the time of the submission")
        return self.now


def _section(kind: type[P], loaded: Mapping[str, Any]) -> P:
    """Return one section of the report: the answers whose names are its fields."""
    answers = {
        each.name: tuple(value) if isinstance(value := loaded[each.name], list) else value
        for each in fields_of(kind)  # type: ignore[arg-type]
        if each.name in loaded and not is_blank(loaded[each.name])
    }
    return kind(**answers)
