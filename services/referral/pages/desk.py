"""What every page of this service shares: the blueprint, the desk, who may come."""

from __future__ import annotations

from typing import Any, Final, cast

from flask import Blueprint, current_app, make_response, render_template, request
from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Response

from services.referral.queries.desk import Desk
from shared.auth import Accounts, current_person
from shared.events.codes import Role
from shared.rules import RuleBroken
from shared.web.forms import errors_of, form_to_dict
from shared.web.questions import Form

blueprint = Blueprint("referral", __name__, url_prefix="/referral")

HUB: Final = (Role.MASH_MANAGER, Role.MASH_PRACTITIONER)
SENDERS: Final = (*HUB, Role.PARTNER)
READERS: Final = (*HUB, Role.TEAM_MANAGER, Role.SOCIAL_WORKER, Role.AUDITOR)


def desk() -> Desk:
    """Return what the views of this service work with."""
    return cast(Desk, current_app.extensions["referral"])


def holds(role: Role) -> bool:
    """Does the person on this page hold the role?"""
    person = current_person()
    return person is not None and role in person.roles


def name_of(id: str) -> str:
    """Return the name of a person, or their id where no account tells it (any more)."""
    accounts = cast(Accounts, current_app.extensions["referral_accounts"])
    person = accounts.person(id)
    return person.name if person else id


def typed_into(schema: Schema, *, ignore: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what was typed into the form of this page."""
    return form_to_dict(request.form, schema, ignore=ignore)


def again(
    template: str, schema: Schema, typed: dict[str, Any], fault: Exception, **more: Any
) -> Response:
    """Show the form again with what was typed and what is wrong: nothing typed is lost."""
    if not isinstance(fault, ValidationError | RuleBroken):
        raise fault
    status = fault.status if isinstance(fault, RuleBroken) else 422
    form = Form(schema, values=typed, errors=errors_of(fault))
    return make_response(render_template(template, form=form, **more), status)
