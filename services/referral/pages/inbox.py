"""The duty inbox: what waits for a decision, danger on top, then what is due first."""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from services.referral.domain.stages import Waiting
from services.referral.pages.desk import HUB, blueprint, desk
from services.referral.queries.inbox import Inbox, Wanted, inbox
from services.referral.schemas import InboxQuery
from services.referral.schemas.asking import filters_in
from services.referral.schemas.wording import choices_of, words_for
from shared.auth import requires
from shared.events.codes import ReferralSource
from shared.web.forms import errors_of
from shared.web.questions import Form


@blueprint.get("/inbox")
@requires(*HUB)
def show_inbox() -> Response:
    """Show one page of the inbox. With a filter that makes no sense it is whole, and says so."""
    wanted, faults = _wanted()
    found = inbox(desk(), wanted)
    page = render_template(
        "referral/inbox.html",
        form=Form(InboxQuery(), errors=faults),
        inbox=found,
        wanted=wanted,
        selected=_selected(wanted),
        clear=url_for("referral.show_inbox"),
        waiting_choices=choices_of(Waiting),
        source_choices=choices_of(ReferralSource),
        pagination=_pagination(found, wanted),
    )
    return make_response(page, 422 if faults else 200)


def _wanted() -> tuple[Wanted, dict[Any, Any]]:
    asked = filters_in(request.args.to_dict(flat=False))
    try:
        given = {name: text for name, text in asked.items() if text}
        return Wanted(**InboxQuery().load(given)), {}
    except ValidationError as fault:
        faults = errors_of(fault)
        if "page" in faults:
            # No question of the page asks for its number: there is nothing to lead to.
            faults["_schema"] = faults.pop("page")
        return Wanted(), faults


def _address(wanted: Wanted, **but: Any) -> str:
    filters = {
        "waiting": wanted.waiting.value if wanted.waiting is not Waiting.DECISION else None,
        "source": wanted.source.value.lower() if wanted.source else None,
        **but,
    }
    return url_for("referral.show_inbox", **{k: v for k, v in filters.items() if v is not None})


def _selected(wanted: Wanted) -> list[dict[str, str]]:
    selected = []
    if wanted.waiting is not Waiting.DECISION:
        selected.append({"text": words_for(wanted.waiting), "href": _address(wanted, waiting=None)})
    if wanted.source:
        selected.append({"text": words_for(wanted.source), "href": _address(wanted, source=None)})
    return selected


def _pagination(found: Inbox, wanted: Wanted) -> dict[str, Any] | None:
    if found.pages == 1:
        return None
    pages = [
        {"number": n, "href": _address(wanted, page=n), "current": n == found.page}
        for n in range(1, found.pages + 1)
    ]
    shown: dict[str, Any] = {"items": pages}
    if found.page > 1:
        shown["previous"] = {"href": _address(wanted, page=found.page - 1)}
    if found.page < found.pages:
        shown["next"] = {"href": _address(wanted, page=found.page + 1)}
    return shown
