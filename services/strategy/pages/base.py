"""What every page of this service shares: who may, what it reads with, how a form is taken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError

from services.strategy.domain.case import Case, Stage
from services.strategy.domain.directory import Directory, Post
from services.strategy.handlers.desk import Desk
from services.strategy.queries.office import Office
from services.strategy.schemas.commands import command_from
from shared.auth import current_actor
from shared.clock import london
from shared.events.codes import Role
from shared.ids import new_submission_id
from shared.rules import NotFound, RuleBroken
from shared.web.forms import errors_of, form_to_dict, nested_schema
from shared.web.questions import Form

blueprint = Blueprint("strategy", __name__, url_prefix="/strategy")

CALLERS: Final = (Role.TEAM_MANAGER, Role.MASH_MANAGER)
VISITORS: Final = (Role.SOCIAL_WORKER, Role.TEAM_MANAGER)
READERS: Final = (*CALLERS, Role.SOCIAL_WORKER, Role.AUDITOR)
CASE: Final = "/cases/<ref>"
GONE: Final = 404

STAGE_WORDS: Final[Mapping[Stage, str]] = {
    Stage.OPENED: "Opened",
    Stage.MEETING_CALLED: "Meeting called",
    Stage.MEETING_HELD: "Meeting held",
    Stage.ALLOCATED: "Allocated",
}

Context = Callable[[Case], Mapping[str, Any]]


def desk() -> Desk:
    """Return what the handlers of this service work with."""
    return cast(Desk, current_app.extensions["strategy.desk"])


def office() -> Office:
    """Return what the views of this service read with."""
    return cast(Office, current_app.extensions["strategy.office"])


def read_case(ref: str) -> Case:
    """Return the case if this person may read it."""
    return office().case_for(ref, by=current_actor())


def page(template: str, **names: Any) -> str:
    """Draw a page of this service; every one can word a person and a stage."""
    directory, now = office().directory, office().clock.now()
    return render_template(
        f"strategy/{template}",
        label=directory.label,
        team_name=lambda code: team_name(directory, code),
        in_names=lambda words: in_names(directory, words),
        stage_words=STAGE_WORDS,
        passed=lambda at: at < now,
        **names,
    )


def team_name(directory: Directory, code: str | None) -> str:
    """Return how a page names a team."""
    team = directory.team(code)
    return f"{team.name} team" if team else (code or "No team yet")


def in_names(directory: Directory, words: str) -> str:
    """Return a reason with names for sign-in references: an event carries no name, a page may."""
    for person in directory.people:
        words = words.replace(person.id, person.name)
    return words


def case_address(ref: str) -> str:
    """Return the address of a case's page."""
    return url_for("strategy.show_case", ref=ref)


def new_form(schema: Schema, values: Mapping[str, Any] | None = None) -> Form:
    """Return an empty form with a submission id of its own, made before it is sent."""
    return Form(schema, values={"submission_id": new_submission_id(), **(values or {})})


def take(
    schema: Any,
    handle: Callable[..., Any],
    *,
    again: Callable[[Form], str],
    done: str,
    ignore: Collection[str] = (),
    **where: str,
) -> ResponseReturnValue:
    """Carry out what a form asks and go on to `done`; with a fault show the form `again`.

    Everything typed stays on the page, also when a rule was broken or somebody was faster.
    `ignore` names what the page asks besides the schema's questions.
    """
    typed = form_to_dict(request.form, schema, ignore=ignore)
    try:
        handle(command_from(schema, typed, **where), desk=desk(), by=current_actor())
    except ValidationError as fault:
        return again(Form(schema, values=typed, errors=errors_of(fault))), 422
    except NotFound:
        raise
    except RuleBroken as broken:
        if broken.status == GONE:
            raise
        return again(Form(schema, values=typed, errors=errors_of(broken))), broken.status
    return redirect(done, code=303)


def offer(schema: Schema, name: str, choices: Iterable[tuple[str, str]]) -> None:
    """Give a question its choices: they come from the directory, not from the schema."""
    *groups, last = name.split("-")
    for group in groups:
        inner = nested_schema(schema.fields[group])
        if inner is None:
            raise LookupError(f"{group} holds no questions")
        schema = inner
    field = schema.fields[last]
    # Replaced, not changed: the dictionary is shared with every other instance of the schema.
    field.metadata = {**field.metadata, "choices": tuple(choices)}


def people_who_lead() -> list[tuple[str, str]]:
    """The team managers and the head of service, by name, with their team."""
    directory = office().directory
    return [
        (person.id, f"{person.name}, {team_name(directory, person.team)}")
        if person.team
        else (person.id, f"{person.name}, head of service")
        for person in directory.people
        if person.post is not Post.SOCIAL_WORKER
    ]


def today() -> dict[str, int]:
    """Today's date as the parts of a date question; the time is for the person to say."""
    local = london(office().clock.now())
    return {"day": local.day, "month": local.month, "year": local.year}
