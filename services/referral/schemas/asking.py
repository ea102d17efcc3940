"""What the duty inbox may be asked for, by page and by program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, fields
from marshmallow.validate import Range

from services.referral.domain.stages import Waiting
from shared.events.codes import ReferralSource


class SourceCode(fields.Enum[ReferralSource]):
    """A source by its code, in either case: addresses are in small letters."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> ReferralSource:
        typed = value.upper() if isinstance(value, str) else value
        return super()._deserialize(typed, attr, data, **kw)


def filters_in(given: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return what an address asks. A filter given twice stays a list, for the schema to refuse."""
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in given.items()}


class InboxQuery(Schema):
    """The filters of the inbox. One that is not known is refused: a list must not seem filtered."""

    class Meta:
        unknown = RAISE

    error_messages: dict[str, str] = {  # noqa: RUF012 - marshmallow declares it so
        "unknown": "There is no such filter. Use waiting, source or page"
    }

    waiting = fields.Enum(
        Waiting,
        by_value=True,
        load_default=Waiting.DECISION,
        error_messages={"unknown": "Select decision, feedback, done or all"},
    )
    source = SourceCode(
        ReferralSource,
        by_value=True,
        load_default=None,
        error_messages={"unknown": "Select a source from the list"},
    )
    page = fields.Integer(
        load_default=1,
        validate=Range(min=1, max=100_000, error="Give a page number from 1"),
        error_messages={"invalid": "Give a page number from 1"},
    )
