"""A small service of its own for the tests of the web door: one page, one form, one API."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import flask_smorest
from flask import Blueprint, Flask, render_template_string, request
from flask.views import MethodView
from marshmallow import ValidationError, fields, validate
from werkzeug.security import generate_password_hash

from shared.auth import EVERYONE, Account, Accounts, Person, current_actor, requires, sha256
from shared.events.codes import Concern, Role
from shared.rules import Invalid, RuleBroken
from shared.settings import Settings
from shared.web import create_web
from shared.web.forms import CodeField, FormSchema, GovDate, errors_of, form_to_dict
from shared.web.questions import Form

NOW = datetime(2026, 11, 23, 16, 50, tzinfo=UTC)
PASSWORD = "correct horse demo"
CHEAP = "pbkdf2:sha256:1"
TOKENS = {"m.okoro-demo": "token-of-the-manager", "p.partner-demo": "token-of-the-partner"}
SERVICE_TOKEN = "s" * 40

SETTINGS = Settings.from_env(
    {
        "MONGO_URL": "mongodb://nowhere.invalid",
        "AMQP_URL": "amqp://nowhere.invalid",
        "SECRET_KEY": "k" * 40,
        "SERVICE_TOKEN": SERVICE_TOKEN,
        "ACCOUNTS_FILE": __file__,
        "DIRECTORY_FILE": __file__,
        "REFERRAL_URL": "http://nowhere.invalid",
        "STRATEGY_URL": "http://nowhere.invalid",
        "AUDIT_URL": "http://nowhere.invalid",
    }
)


class StoppedClock:
    """A clock that a test sets."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        """The time it was set to."""
        return self.at


class OnlyOnce(RuleBroken):
    """A rule of the little service."""

    code = "only-once"
    source = "A rule made up for a test"


class ChildIn(FormSchema):
    """A row of the little form."""

    first_names = fields.String(required=True, validate=validate.Length(max=100))
    date_of_birth = GovDate(required=True)


class WorryIn(FormSchema):
    """The little form."""

    concerns = fields.List(CodeField(Concern), required=True)
    told = fields.Boolean(required=True, metadata={"label": "Have you told the parents?"})
    worry = fields.String(
        required=True,
        metadata={"label": "What you are worried about"},
        validate=validate.Length(max=5000, error="Shorten it to 5,000 characters or fewer"),
    )
    children = fields.List(fields.Nested(ChildIn), required=True)


PAGE = """{% extends "layout.html" %}{% from "fields.html" import field %}
{% block page_title %}Worry{% endblock %}
{% block content %}<h1>Worry</h1>{% if saved %}<p>Saved</p>{% endif %}
<form method="post" action="/toy/worry" novalidate>
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
{{ field(form, "concerns") }}{{ field(form, "told") }}{{ field(form, "worry") }}
{% for row in form.rows("children") %}
{{ field(form, "children-%d-first_names" % row) }}
{{ field(form, "children-%d-date_of_birth" % row) }}
{% endfor %}
<button>Send</button></form>{% endblock %}"""


def pages() -> Blueprint:
    """The little service's pages."""
    blueprint = Blueprint("toy", __name__, url_prefix="/toy")

    @blueprint.get("/worry")
    @requires(Role.MASH_MANAGER)
    def worry() -> str:
        return render_template_string(PAGE, form=Form(WorryIn()), saved=False)

    @blueprint.post("/worry")
    @requires(Role.MASH_MANAGER)
    def worry_sent() -> Any:
        schema = WorryIn()
        typed = form_to_dict(request.form, schema)
        try:
            loaded = schema.load(typed)
            if "rule" in loaded["worry"]:
                raise Invalid("Leave the rule alone", field="worry")
        except (ValidationError, RuleBroken) as error:
            form = Form(schema, values=typed, errors=errors_of(error))
            return render_template_string(PAGE, form=form, saved=False), 422
        return render_template_string(PAGE, form=Form(schema), saved=True)

    @blueprint.get("/broken")
    @requires(*EVERYONE)
    def broken() -> str:
        raise ZeroDivisionError("Wilhelmina Fictional was typed here")

    @blueprint.get("/rule")
    @requires(*EVERYONE)
    def rule() -> str:
        raise OnlyOnce("This was decided already. Open it to read the decision")

    @blueprint.get("/forgotten")
    def forgotten() -> str:
        return "nobody said who may see this"

    return blueprint


def api() -> flask_smorest.Blueprint:
    """The little service's JSON door."""
    blueprint = flask_smorest.Blueprint("toy_api", __name__, url_prefix="/toy/api")

    @blueprint.route("/worries")
    class Worries(MethodView):
        @requires(Role.MASH_MANAGER, Role.PARTNER)
        @blueprint.arguments(WorryIn)
        @blueprint.response(201)
        def post(self, worry: dict[str, Any]) -> dict[str, Any]:
            actor = current_actor()
            return {"by": actor.id, "role": actor.role, "children": len(worry["children"])}

    @blueprint.route("/feed-like")
    @requires(Role.SERVICE)
    @blueprint.response(200)
    def feed_like() -> dict[str, str]:
        return {"by": current_actor().id}

    @blueprint.route("/rule", methods=["POST"])
    @requires(*EVERYONE)
    def rule() -> str:
        raise OnlyOnce("This was decided already. Open it to read the decision", field="worry")

    return blueprint


def account(id: str, *roles: Role, agency: str | None = None) -> Account:
    """Somebody who may sign in with `PASSWORD`."""
    token = TOKENS.get(id)
    return Account(
        person=Person(id=id, name=f"Demo {id[0].upper()}", roles=roles, agency=agency),
        password_hash=generate_password_hash(PASSWORD, CHEAP),
        token_sha256=sha256(token) if token else None,
    )


def accounts() -> Accounts:
    """The people of the tests."""
    return Accounts(
        [
            account("m.okoro-demo", Role.MASH_MANAGER, Role.AUDITOR),
            account("p.partner-demo", Role.PARTNER, agency="A made-up school"),
            account("s.worker-demo", Role.SOCIAL_WORKER),
        ]
    )


@lru_cache
def toy_app(*, mode: str = "embedded", demo: bool = False) -> Flask:
    """The little service as it usually is, made once: it keeps nothing between requests."""
    return new_toy_app(mode=mode, demo=demo)


def new_toy_app(
    *, mode: str = "embedded", demo: bool = False, readiness: tuple[str, ...] = (), **but: Any
) -> Flask:
    """The little service, as a real one is made."""
    clock_file = Path(__file__) if demo else None
    return create_web(
        "toy",
        replace(SETTINGS, mode=mode, demo_clock_file=clock_file),
        accounts=but.get("accounts") or accounts(),
        clock=but.get("clock") or StoppedClock(),
        blueprints=[pages()],
        api_blueprints=[api()],
        readiness=but.get("check") or (lambda: list(readiness)),
        version="0.1.0",
    )
