"""Which steps of a history this service takes: the schema, the roles and the command of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.strategy.schemas import commands as bodies
from shared.events.codes import Role
from shared.orders import ChildMissing, Kind, Order

CALLERS: Final = (Role.TEAM_MANAGER, Role.MASH_MANAGER)
LEADERS: Final = (Role.TEAM_MANAGER,)
VISITORS: Final = (Role.SOCIAL_WORKER, Role.TEAM_MANAGER)


def _of_case(schema: type[bodies.Body], roles: tuple[Role, ...]) -> Kind:
    def read(order: Order) -> Any:
        return bodies.command_from(schema.at_hand(), order.body, ref=order.case)

    return Kind(schema=schema, roles=roles, read=read)


def _of_child(schema: type[bodies.Body]) -> Kind:
    def read(order: Order) -> Any:
        if order.child is None:
            raise ChildMissing
        return bodies.command_from(schema.at_hand(), order.body, ref=order.case, child=order.child)

    return Kind(schema=schema, roles=VISITORS, read=read)


ORDERS: Final[Mapping[str, Kind]] = {
    "call-meeting": _of_case(bodies.CallMeetingIn, CALLERS),
    "acknowledge": _of_case(bodies.AcknowledgeLeadIn, LEADERS),
    "decline": _of_case(bodies.DeclineLeadIn, LEADERS),
    "override": _of_case(bodies.OverrideLeadIn, CALLERS),
    "record-meeting": _of_case(bodies.RecordMeetingIn, LEADERS),
    "allocate": _of_case(bodies.AllocateIn, LEADERS),
    "attempt": _of_child(bodies.AttemptIn),
    "see": _of_child(bodies.SeenIn),
}
"""A command without an order fails a test, and so do roles other than those of its own address."""
