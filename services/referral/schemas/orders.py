"""Which steps of a history this service takes: the schema, the roles and the command of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.referral.domain.commands import (
    DecideThreshold,
    InformReferrer,
    MatchChild,
    ReceiveReferral,
)
from services.referral.schemas.decision import DecisionIn, FeedbackIn, MatchIn
from services.referral.schemas.referral import ReferralIn
from shared.events.codes import Door, Role
from shared.ids import case_reference
from shared.orders import Kind, Order
from shared.rules import Invalid
from shared.web.forms import FormSchema

SENDERS: Final = (Role.PARTNER, Role.MASH_PRACTITIONER, Role.MASH_MANAGER)
DECIDERS: Final = (Role.MASH_MANAGER,)
HUB: Final = (Role.MASH_MANAGER, Role.MASH_PRACTITIONER)


class WrongCase(Invalid):
    """The case that an order names is not the one its submission makes."""

    code = "wrong-case"

    def __init__(self, rightly: str) -> None:
        super().__init__(
            f"The case of this submission is {rightly}. Correct the case", field="case"
        )


def _receive(order: Order) -> ReceiveReferral:
    loaded = ReferralIn.at_hand(now=order.at).load(order.body)
    rightly = case_reference(loaded["submission_id"])
    if order.case != rightly:
        raise WrongCase(rightly)
    return ReceiveReferral(door=Door.API, **loaded)


def _about(
    command: Callable[..., Any], schema: Callable[[Order], FormSchema]
) -> Callable[[Order], Any]:
    return lambda order: command(ref=order.case, **schema(order).load(order.body))


ORDERS: Final[Mapping[str, Kind]] = {
    "receive": Kind(schema=ReferralIn, roles=SENDERS, read=_receive),
    "match": Kind(schema=MatchIn, roles=HUB, read=_about(MatchChild, lambda _: MatchIn.at_hand())),
    "decide": Kind(
        schema=DecisionIn,
        roles=DECIDERS,
        read=_about(DecideThreshold, lambda _: DecisionIn.at_hand()),
    ),
    "tell": Kind(
        schema=FeedbackIn,
        roles=HUB,
        read=_about(InformReferrer, lambda order: FeedbackIn.at_hand(now=order.at)),
    ),
}
"""A command without an order fails a test, and so do roles other than those of its own address."""
