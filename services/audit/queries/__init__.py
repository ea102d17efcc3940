"""What can be asked of the timeline: reads only, the same for every page and call."""

from services.audit.queries.cases import (
    MOST_CLOCKS,
    CasePage,
    CaseRow,
    Overview,
    cases_page,
    clocks_by,
    overview,
)
from services.audit.queries.children import NoSuchChild, child_line
from services.audit.queries.export import EventsPage, sealed_events
from services.audit.queries.items import Item, LineFilter
from services.audit.queries.lines import ClockLine, Line, NoSuchCase, line
from services.audit.queries.promises import unannounced
from services.audit.queries.reading import Reading
from services.audit.queries.verification import Missing, Verdict, verify

__all__ = [
    "MOST_CLOCKS",
    "CasePage",
    "CaseRow",
    "ClockLine",
    "EventsPage",
    "Item",
    "Line",
    "LineFilter",
    "Missing",
    "NoSuchCase",
    "NoSuchChild",
    "Overview",
    "Reading",
    "Verdict",
    "cases_page",
    "child_line",
    "clocks_by",
    "line",
    "overview",
    "sealed_events",
    "unannounced",
    "verify",
]
