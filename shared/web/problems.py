"""Turns everything that can go wrong into an answer: problem+json for programs, a page for people.

Nothing of what was typed is repeated in an error, a header or a log: only the field and the remedy.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from marshmallow import ValidationError
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError, WriteConcernError
from werkzeug.exceptions import HTTPException, default_exceptions
from werkzeug.routing import RequestRedirect

from shared.rules import RuleBroken

log = logging.getLogger(__name__)
_URN: Final = "urn:golden-thread"

_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("Bad request", "Something in this request is not as it should be. Check it, send again."),
    401: ("Sign in first", "Sign in, or send a valid token, then try again."),
    403: ("You cannot use this page", "Your role does not include this. Ask your manager."),
    404: ("Page not found", "Check the address. If you followed a link, tell whoever sent it."),
    405: ("That cannot be done here", "This address does not take that kind of request."),
    409: ("This changed while you were working", "Open it again to see how it stands now."),
    413: ("That is too long", "Nothing was saved. Go back, shorten the text and send it again."),
    415: ("Send JSON", "Send the body as JSON with the header Content-Type: application/json."),
    422: ("There is a problem", "Check what you sent and send it again."),
    429: (
        "Too busy at this moment",
        "Wait a few seconds, then try again. What you sent was not saved.",
    ),
    500: ("Something went wrong", "Nothing more was saved. Try again in a few minutes."),
    503: ("Not available just now", "Try again in a few minutes. If it is urgent, telephone."),
}


_RULE_TITLES: Final[Mapping[int | str, str]] = {
    "overtaken": "This changed while you were working",
    403: "You cannot do this",
    409: "This cannot be done as things stand",
}


def wants_problem() -> bool:
    """True when a program is asking: an API or feed address, or a request with a token."""
    service = current_app.config["SERVICE"]
    machine = (f"/{service}/api/", f"/{service}/feed")
    return request.path.startswith(machine) or "Authorization" in request.headers


def register_problems(app: Flask) -> None:
    """Handle every error of the app in one place."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RuleBroken, _rule_broken)
    app.register_error_handler(ValidationError, _not_valid)
    for not_kept in (ConnectionFailure, ExecutionTimeout, WriteConcernError):
        app.register_error_handler(not_kept, _store_away)
    app.register_error_handler(Exception, _unexpected)


def answer(
    status: int,
    *,
    title: str | None = None,
    detail: str | None = None,
    kind: str = "about:blank",
    errors: Mapping[Any, Any] | None = None,
    **more: str,
) -> Response:
    """One error as problem+json (RFC 9457) or as a page, whichever the caller can read."""
    problem = problem_of(status, title=title, detail=detail, kind=kind, errors=errors, **more)
    if not wants_problem():
        title, detail, faults = problem["title"], problem["detail"], problem.get("errors", ())
        listed = [{"text": fault["detail"]} for fault in faults]
        page = render_template(
            "error.html", title=title, detail=detail, faults=listed, status=status
        )
        return make_response(page, status)
    response = jsonify(problem)
    response.status_code = status
    response.content_type = "application/problem+json"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="golden-thread"'
    return response


def problem_of(
    status: int,
    *,
    title: str | None = None,
    detail: str | None = None,
    kind: str = "about:blank",
    errors: Mapping[Any, Any] | None = None,
    **more: str,
) -> dict[str, Any]:
    """One error as RFC 9457 words it: the body of an answer, or a part of one that tells several.

    A title or a detail that is not given is the usual one of the status.
    """
    words = _WORDS.get(status) or (_status_name(status), "")
    problem: dict[str, Any] = {
        "type": kind,
        "title": title or words[0],
        "status": status,
        "detail": detail or words[1],
        "instance": f"{_URN}:request:{g.get('request_id', 'unknown')}",
        **more,
    }
    if faults := list(_pointers(errors or {})):
        problem["errors"] = faults
    return problem


def rule_words(broken: RuleBroken) -> dict[str, Any]:
    """What a broken rule says in an error, but for the field it belongs to."""
    words: dict[str, Any] = {
        "title": _RULE_TITLES.get(broken.code) or _RULE_TITLES.get(broken.status),
        "detail": str(broken),
        "kind": f"{_URN}:problem:{broken.code}",
    }
    return words | ({"source": broken.source} if broken.source else {})


def rule_answer(broken: RuleBroken) -> Response:
    """A broken rule as an answer: its own status, its words, its source."""
    errors = {field_path(broken.field): [str(broken)]} if broken.field else None
    return answer(broken.status, errors=errors if wants_problem() else None, **rule_words(broken))


def field_path(field: str | None) -> tuple[str | int, ...]:
    """`children-0-date_of_birth` as the path of keys it stands for."""
    parts = re.split(r"[-.]", field or "")
    return tuple(int(part) if part.isdigit() else part for part in parts if part)


def normalized(error: ValidationError) -> dict[Any, Any]:
    """A schema's messages, always as a mapping."""
    messages: dict[Any, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return messages


def _rule_broken(broken: RuleBroken) -> Response:
    return rule_answer(broken)


def _not_valid(error: ValidationError) -> Response:
    return answer(422, errors=normalized(error))


def _http_error(error: HTTPException) -> Response:
    is_redirect = isinstance(error, RequestRedirect)
    if error.code is None or error.response is not None or is_redirect:
        return current_app.make_response(error.get_response())
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    response = answer(error.code, detail=_detail(error), errors=_body_messages(data))
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _store_away(error: PyMongoError) -> Response:
    # Whether it was stored is not known: the same submission sent again is still one.
    log.error("the store does not answer", extra={"error": type(error).__name__})
    response = answer(503)
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    if current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    # Only places and kinds are logged: the words of an exception may quote what somebody typed.
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    log.error("unexpected error", extra={"error": type(error).__name__, "where": where})
    return answer(500)


def _detail(error: HTTPException) -> str | None:
    """Words of our own for an error we raised with words; the table's words otherwise."""
    stock = default_exceptions.get(error.code or 0)
    words = error.description
    if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and wants_problem():
        most = (request.max_content_length or 0) // 1024
        return f"Nothing was saved. Send at most {most} kB in one request."
    if words is None or (stock is not None and words == stock.description):
        return None
    return words


def _body_messages(data: Mapping[str, Any]) -> Mapping[Any, Any] | None:
    """webargs puts messages under the place they came from (json, query, path): take that off."""
    messages = data.get("messages")
    if not isinstance(messages, Mapping):
        return None
    flat: dict[Any, Any] = {}
    for place in messages.values():
        flat |= place if isinstance(place, Mapping) else {"_schema": place}
    return flat


def _pointers(errors: Any, path: tuple[str | int, ...] = ()) -> Iterator[dict[str, str]]:
    if isinstance(errors, Mapping):
        for key, value in errors.items():
            steps = key if isinstance(key, tuple) else () if key == "_schema" else (key,)
            yield from _pointers(value, path + steps)
        return
    pointer = "#" + "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in path)
    for message in [errors] if isinstance(errors, str) else errors:
        yield {"pointer": pointer, "detail": str(message)}


def _status_name(status: int) -> str:
    stock = default_exceptions.get(status)
    return stock().name if stock else "There is a problem"
