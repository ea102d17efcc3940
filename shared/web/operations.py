"""The operations page of a service, and the same as JSON: how it fares, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from shared.auth import current_actor, current_person, requires
from shared.events.codes import Role
from shared.events.envelope import iso
from shared.rules import RuleBroken
from shared.settings import SERVICES_WITH_FEEDS
from shared.watch.alarms import RULE_OF, Measure, Reading, Unit
from shared.watch.book import alarm_as_json
from shared.watch.care import Care
from shared.watch.report import Report, report
from shared.web.healing import settle, standing_of
from shared.web.labels import label_of
from shared.web.parked import cause_as_json, chosen_from
from shared.web.wording import span_words

if TYPE_CHECKING:
    from shared.plumbing import Plumbing

READERS: Final = (Role.ADMINISTRATOR, Role.AUDITOR)
ELSEWHERE: Final = frozenset({Measure.PARKED, Measure.SILENT})
"""Measures that the page shows in a place of their own."""


def operations(plumbing: Plumbing) -> Blueprint:
    """Return the page and its JSON."""
    name = plumbing.service.name
    blueprint = Blueprint("operations", __name__, url_prefix=f"/{name}")
    watch, held = plumbing.watch, plumbing.held

    def page(**more: Any) -> str:
        return _page(name, report(watch, held), standing_of(plumbing), **more)

    @blueprint.get("/operations")
    @requires(*READERS)
    def show_operations() -> str:
        """How this service fares, in words."""
        return page()

    @blueprint.get("/api/operations")
    @requires(*READERS)
    def operations_as_json() -> ResponseReturnValue:
        """How this service fares, for a program."""
        return jsonify(_as_json(name, report(watch, held)))

    _add_presses(blueprint, plumbing, page)
    return blueprint


def _add_presses(blueprint: Blueprint, plumbing: Plumbing, page: Callable[..., str]) -> None:
    """Add what an administrator can do on the page; what is refused is told on the page itself."""
    care = Care(plumbing.held, plumbing.watch.deeds)

    @blueprint.post("/operations/replay")
    @requires(Role.ADMINISTRATOR)
    def replay_sent() -> ResponseReturnValue:
        """Try parked events again: all, those of a cause, or one."""
        care.replay(chosen_from(request.form), by=current_actor())
        return redirect(url_for("operations.show_operations"), code=303)

    @blueprint.post("/operations/set-aside")
    @requires(Role.ADMINISTRATOR)
    def set_aside_sent() -> ResponseReturnValue:
        """Put away what no service wrote, with a reason."""
        key, reason = request.form.get("key", ""), request.form.get("reason", "")
        try:
            care.set_aside(key, reason, by=current_actor())
        except RuleBroken as broken:
            return page(fault=str(broken), key=key, reason=reason), broken.status
        return redirect(url_for("operations.show_operations"), code=303)

    @blueprint.post("/operations/settled")
    @requires(Role.ADMINISTRATOR)
    def settled_sent() -> ResponseReturnValue:
        """Note that what a restore lost with one event has been entered again."""
        try:
            settle(plumbing, request.form.get("key", ""))
        except RuleBroken as broken:
            return page(fault=str(broken)), broken.status
        # Back to the list: there are often more lines to settle.
        return redirect(url_for("operations.show_operations", _anchor="after-restore"), code=303)


def _page(
    name: str,
    found: Report,
    restored: Mapping[str, Any],
    *,
    fault: str = "",
    key: str = "",
    reason: str = "",
) -> str:
    person = current_person()
    places = {each.key: n for n, each in enumerate(e for p in found.parked for e in p.events)}
    where = {"href": f"#reason-{places[key]}"} if key in places else {}
    errors = [{"text": fault, **where}] if fault else []
    return render_template(
        "operations.html",
        service=name,
        services=SERVICES_WITH_FEEDS,
        found=found,
        restored=restored,
        lost=[_lost(each) for each in restored["enter_again"]],
        rows=[_row(each) for each in found.readings if each.measure not in ELSEWHERE],
        places=places,
        error_list=errors,
        typed={"key": key, "reason": reason},
        may_act=person is not None and Role.ADMINISTRATOR in person.roles,
        amount_words=amount_words,
    )


def _row(reading: Reading) -> Mapping[str, Any]:
    """Return one line of the table: in words, and as a share of what is allowed, for the bar."""
    rule = RULE_OF[reading.measure]
    most = rule.limit or 1
    return {
        "what": rule.measured,
        "subject": reading.subject.removeprefix("/"),
        "amount": amount_words(reading.value, rule.unit),
        "limit": amount_words(rule.limit, rule.unit),
        "share": min(100, round(100 * reading.value / most)),
        "beyond": reading.value > rule.limit,
    }


def _lost(each: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return one line of what is to be entered again, its codes in words.

    A role that this release does not know is shown as it is: one line must not fail the page.
    """
    role = each["role"]
    happened = each["type"].rpartition(".")[2].replace("-", " ").capitalize()
    return {
        **each,
        "what": f"{happened} (event {each['sequence']})",
        "role": label_of(Role(role)) if role in set(Role) else role,
    }


def amount_words(value: float, unit: Unit) -> str:
    """`12 seconds`, `4 minutes`, `41 %`, `3`."""
    if unit is Unit.PERCENT:
        return f"{value:.0f} %"
    if unit is Unit.COUNT:
        return f"{value:.0f}"
    if value < timedelta(minutes=1).total_seconds():
        return f"{value:.0f} second{'' if round(value) == 1 else 's'}"
    return span_words(timedelta(seconds=value))


def _as_json(name: str, found: Report) -> Mapping[str, Any]:
    return {
        "service": name,
        "alarms": [alarm_as_json(each) for each in found.alarms],
        "readings": [_reading_as_json(each) for each in found.readings],
        "parked": [cause_as_json(each) for each in found.parked],
        "parts": [{"part": each.name, "seen_at": iso(each.seen_at)} for each in found.parts],
        "sources": [
            {
                "source": each.source,
                "heard_until": iso(each.heard_until) if each.heard_until else None,
            }
            for each in found.looks
        ],
        "counted": {tally.value: count for tally, count in found.counted.items()},
        "lately": [alarm_as_json(each) for each in found.lately],
        "deeds": [
            {
                "at": iso(each.at),
                "by": each.by,
                "act": each.act.value,
                "which": each.which,
                "count": each.count,
                "why": each.why,
            }
            for each in found.deeds
        ],
    }


def _reading_as_json(reading: Reading) -> Mapping[str, Any]:
    rule = RULE_OF[reading.measure]
    return {
        "measure": reading.measure.value,
        "subject": reading.subject,
        "value": reading.value,
        "unit": rule.unit.value,
        "limit": rule.limit,
        "since": iso(reading.since) if reading.since else None,
    }
