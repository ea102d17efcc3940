"""What may be asked of audit, and what it answers; the same questions for pages and programs."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.audit.domain.clocks import Condition
from shared.events.codes import Clock
from shared.settings import SERVICES_WITH_FEEDS
from shared.web.forms import CodeField, FormSchema, GovDate, GovDateTime

NEWEST, OLDEST = "newest", "oldest"
SERVICES: Final = SERVICES_WITH_FEEDS
_WORD: Final = validate.Regexp(
    r"[a-z0-9][a-z0-9.-]{0,63}\Z", error="Choose one from the list, or leave it empty"
)


class LineQuery(FormSchema):
    """Which items of a timeline to show, and in which order."""

    type = fields.String(validate=_WORD, metadata={"label": "Kind of event"})
    service = fields.String(validate=validate.OneOf(SERVICES), metadata={"label": "Service"})
    actor = fields.String(validate=_WORD, metadata={"label": "Who"})
    first_day = GovDate(
        data_key="from", metadata={"label": "Date from", "hint": "For example, 23 11 2026"}
    )
    last_day = GovDate(data_key="to", metadata={"label": "Date to"})
    day = GovDate(metadata={"label": "Day"})
    """What older links carry: the page reads it as a range of one day."""
    late = fields.Boolean(metadata={"label": "Recorded late"})
    clock = CodeField(Clock, metadata={"label": "Promise"})
    state = CodeField(Condition, metadata={"label": "State of a promise"})
    order = fields.String(
        validate=validate.OneOf((NEWEST, OLDEST)), load_default=OLDEST, metadata={"label": "Order"}
    )

    @validates_schema
    def check_range(self, asked: dict[str, Any], **kwargs: Any) -> None:
        """A range that ends before it begins holds nothing: that is a slip, not a question."""
        first, last = asked.get("first_day"), asked.get("last_day")
        if first and last and last < first:
            words = "Date to must be the same as or after date from"
            raise ValidationError(words, field_name="to")


class CasesQuery(FormSchema):
    """Which cases to list."""

    reference = fields.String(
        load_default="",
        validate=validate.Regexp(
            r"[A-Za-z0-9-]{0,16}\Z",
            error="Enter a case reference or its beginning, such as MASH-7K3M9",
        ),
        metadata={"label": "Case reference"},
    )
    state = CodeField(Condition, load_default=None, metadata={"label": "State of a promise"})
    page = fields.Integer(
        load_default=1,
        validate=validate.Range(min=1, max=1_000_000, error="Enter a page number from 1"),
        metadata={"label": "Page"},
    )


class ClocksQuery(FormSchema):
    """Which promises to list."""

    state = CodeField(Condition, load_default=None)
    due_before = GovDateTime(load_default=None)


class EventsQuery(FormSchema):
    """Where an export goes on."""

    after = fields.String(
        load_default=None,
        validate=validate.Regexp(
            r"[a-z]{1,20}:[A-Z0-9-]{1,20}#[1-9][0-9]{0,8}\Z",
            error="Send the key of the last event you have, such as referral:MASH-AAAAA-AAAAA#3",
        ),
        metadata={"label": "After"},
    )


class EventsSchema(Schema):
    """A page of the export of events."""

    events = fields.List(
        fields.Dict(), metadata={"description": "CloudEvents as they were sealed, hash included."}
    )
    more = fields.Boolean(metadata={"description": "True when there may be more than these."})
    next = fields.String(
        allow_none=True, metadata={"description": "What to send as `after` for the next page."}
    )
    total = fields.Integer(metadata={"description": "About how many events are held in all."})


class ClockSchema(Schema):
    """One promise as it stands."""

    case = fields.String()
    clock = fields.String(attribute="state.clock.value")
    child = fields.String(attribute="state.child", allow_none=True)
    state = fields.String(attribute="condition.value")
    started_at = fields.AwareDateTime(attribute="state.started_at")
    at_risk_at = fields.AwareDateTime(attribute="state.at_risk_at")
    due_at = fields.AwareDateTime(attribute="state.due_at")
    stopped_at = fields.AwareDateTime(attribute="state.stopped_at", allow_none=True)
    words = fields.String(attribute="state.words")
    promise = fields.String(metadata={"description": "Which promise, as the page names it."})
    stands = fields.String(metadata={"description": "Its state as the page says it."})
    due = fields.String(metadata={"description": "When it is due and what ended it, in words."})
    left = fields.String(
        metadata={"description": "How long is left or how late it is; empty when it has ended."}
    )


class ItemSchema(Schema):
    """One event of a line."""

    key = fields.String()
    case = fields.String()
    type = fields.String()
    service = fields.String()
    words = fields.String(
        attribute="title", metadata={"description": "What happened, in one sentence."}
    )
    title = fields.String(
        attribute="heading",
        metadata={"description": "What happened, as the page says it beside the mark."},
    )
    mark = fields.String(
        attribute="mark_words",
        metadata={"description": "How the promise stood that oversight speaks of, in words."},
    )
    details = fields.List(fields.String())
    who = fields.String()
    name = fields.String()
    role = fields.String()
    role_words = fields.String()
    byline = fields.String(metadata={"description": "Who did it, with the role in words."})
    at = fields.AwareDateTime()
    recorded_at = fields.AwareDateTime()
    late = fields.Boolean()
    late_by = fields.String()
    written_down = fields.String(metadata={"description": "In words; empty when not late."})
    elapsed = fields.String(attribute="since_previous")
    after = fields.String(metadata={"description": "How long since the step before, in words."})
    children = fields.List(fields.String())


class HoleSchema(Schema):
    """Events that must exist and are not here yet."""

    stream = fields.String()
    first = fields.Integer()
    last = fields.Integer()
    words = fields.String()


class ChainFaultSchema(Schema):
    """Something wrong at one place of one stream."""

    stream = fields.String()
    sequence = fields.Integer()
    kind = fields.String(attribute="kind.value")
    words = fields.String()


class LineSchema(Schema):
    """A whole line."""

    ref = fields.String()
    complete = fields.Boolean()
    verdict = fields.String(metadata={"description": "Whether the line can be relied on."})
    verdict_words = fields.String()
    cases = fields.List(fields.String())
    children = fields.List(fields.String())
    entries = fields.List(fields.Nested(ItemSchema), attribute="items")
    clocks = fields.List(fields.Nested(ClockSchema))
    holes = fields.List(fields.Nested(HoleSchema))
    faults = fields.List(fields.Nested(ChainFaultSchema))


class ClocksSchema(Schema):
    """Promises, the first due first."""

    clocks = fields.List(fields.Nested(ClockSchema))
    more = fields.Boolean(metadata={"description": "True when there are more than these."})


class OverviewSchema(Schema):
    """The figures of the overview."""

    cases = fields.Integer()
    incomplete = fields.Integer()
    at_risk = fields.Integer()
    breached = fields.Integer()
    met_today = fields.Integer()
    met_late_today = fields.Integer()


class MissingSchema(Schema):
    """What a source wrote and audit does not hold."""

    service = fields.String()
    stream = fields.String()
    first = fields.Integer()
    last = fields.Integer()


class VerdictSchema(Schema):
    """What a verification found."""

    sound = fields.Boolean()
    streams = fields.Integer()
    events = fields.Integer()
    faults = fields.List(fields.Nested(ChainFaultSchema))
    faults_found = fields.Integer()
    heads_compared = fields.Dict(keys=fields.String(), values=fields.Integer())
    missing = fields.List(fields.Nested(MissingSchema))
    missing_found = fields.Integer()
    not_compared = fields.List(fields.String())
