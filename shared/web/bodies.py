"""Reads a JSON body once, before any schema: what cannot be read is refused in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import Request, abort, request

NOT_JSON: Final = "The body is not JSON: send UTF-8 JSON with Content-Type application/json"
DEEPEST: Final = 20
TOO_DEEP: Final = f"The body is too deeply nested: send at most {DEEPEST} levels"


def refuse_unreadable() -> None:
    """Refuse a body that is no JSON, or nested deeper than anything here is meant to follow."""
    try:
        body = request.get_json()
    except RecursionError:
        abort(400, TOO_DEEP)
    if deeper_than(DEEPEST, body):
        abort(400, TOO_DEEP)


def deeper_than(levels: int, body: Any) -> bool:
    """Does the body hold more levels of objects and lists? Level by level: it never recurses."""
    level = [body]
    for _ in range(levels + 1):
        level = [each for each in level if isinstance(each, Mapping | list)]
        if not level:
            return False
        level = [inside for each in level for inside in _within(each)]
    return True


def _within(value: Mapping[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, Mapping) else value


class JsonRequest(Request):
    """A request whose body, when it is no JSON, is refused with the way to send it."""

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Answer a body that is no JSON; without an error the content type was the fault."""
        abort(415) if e is None else abort(400, NOT_JSON)
