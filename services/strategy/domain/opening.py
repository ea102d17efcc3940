"""How a case opens: on a threshold decision that asks for this service's work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.strategy.domain.case import Case, CaseChild, Stage
from shared.changes import Change
from shared.events.codes import Route, ThresholdOutcome
from shared.events.envelope import Envelope
from shared.events.facts import Fact
from shared.events.referral import ThresholdDecided
from shared.events.strategy import CaseOpened
from shared.history import as_it_happened

ROUTES: Mapping[ThresholdOutcome, Route] = {
    ThresholdOutcome.STRATEGY_MEETING: Route.STRATEGY_MEETING,
    ThresholdOutcome.SINGLE_ASSESSMENT: Route.SINGLE_ASSESSMENT,
}
"""The outcomes that open a case here. The others are not this service's work."""


def open_case(
    case: Case | None, fact: Fact, envelope: Envelope, at: datetime
) -> Change[Case] | None:
    """Open the case on a threshold decision for a strategy meeting or a single assessment.

    A case that is open stays as it is: it opens once.
    """
    if not isinstance(fact, ThresholdDecided):
        return None
    route = ROUTES.get(fact.outcome)
    if route is None or case is not None:
        return None
    decided_at = fact.occurred_at or envelope.time
    imported = envelope.imported_by is not None
    opened = case_from(
        fact,
        ref=envelope.subject,
        route=route,
        decided_at=decided_at,
        at=decided_at if imported else at,
        imported=imported,
    )
    change = Change(state=opened, facts=(_opened(fact, route, decided_at),))
    return as_it_happened(change, decided_at) if imported else change


def case_from(
    fact: ThresholdDecided,
    *,
    ref: str,
    route: Route,
    decided_at: datetime,
    at: datetime,
    imported: bool = False,
) -> Case:
    """Return a case as it is opened at `at` on a decision."""
    return Case(
        ref=ref,
        route=route,
        stage=Stage.OPENED,
        children=tuple(
            CaseChild(child=child.child, unborn=child.unborn) for child in fact.children
        ),
        concerns=fact.concerns,
        area=fact.area,
        received_at=fact.received_at,
        decided_at=decided_at,
        opened_at=at,
        child_protection_concerns=fact.child_protection_concerns,
        physical_harm_alleged=fact.physical_harm_alleged,
        earlier_cases=fact.earlier_cases,
        submissions={},
        imported=imported,
    )


def _opened(fact: ThresholdDecided, route: Route, decided_at: datetime) -> CaseOpened:
    return CaseOpened(
        route=route,
        children=fact.children,
        received_at=fact.received_at,
        decided_at=decided_at,
        child_protection_concerns=fact.child_protection_concerns,
        physical_harm_alleged=fact.physical_harm_alleged,
    )
