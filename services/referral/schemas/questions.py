"""The kinds of question the forms ask: label, hint, choices, and the words for a wrong answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeVar

from marshmallow import ValidationError, fields
from marshmallow.validate import Length, Range

from services.referral.domain.codes import ANONYMOUS, NOT_KNOWN
from services.referral.schemas.wording import THRESHOLD_LEVELS, choices_of
from shared.web.dates import GovDate, GovDateTime
from shared.web.questions import YES_NO

SHORT: Final = 100
LINE: Final = 200
NARRATIVE: Final = 5_000
SHORTEST_BOX: Final = 300
"""A text that may be longer than this gets a box of several lines."""
NOT_KNOWN_HINT: Final = "If you do not know, enter “not known”"

_HALF: Final = re.compile("[\ud800-\udfff]")

E = TypeVar("E", bound=StrEnum)

NOT_KNOWN_WORDS: Final[Mapping[str, str]] = dict.fromkeys(
    ("not known", "not-known", "unknown", "don't know", "don’t know", "do not know"), NOT_KNOWN
)
UNNAMED_WORDS: Final[Mapping[str, str]] = {**NOT_KNOWN_WORDS, ANONYMOUS: ANONYMOUS}


def coded(typed: str, codes: Mapping[str, str] = NOT_KNOWN_WORDS) -> str:
    """Return the code of words that are an answer of their own, and other text as it is."""
    return codes.get(typed.strip().casefold().rstrip("."), typed)


def tidy_time(typed: str) -> str:
    """Return a time of day as `15:15`, however it was typed: "3.15pm" too. Else what was typed."""
    try:
        return f"{GovDateTime().time_of(typed.strip()):%H:%M}"
    except ValidationError:
        return coded(typed)


def is_time(text: str) -> bool:
    """Is the text a time of day on the clock of 24 hours, as `tidy_time` writes it?"""
    return re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) is not None


def words(ask: str) -> dict[str, Any]:
    """What a field says when it is missing or of the wrong kind: the same plain request."""
    return dict.fromkeys(("required", "null", "invalid", "invalid_uuid", "too_large"), ask)


def text(
    label: str,
    ask: str,
    *,
    called: str = "",
    hint: str | None = None,
    limit: int = LINE,
    least: int = 0,
    required: bool = False,
    codes: Mapping[str, str] | None = None,
) -> fields.String:
    """A text box. `ask` is what to do when it is empty; `called` begins what is said of it.

    `codes` are words that are an answer of their own, kept as a code.
    """
    called = called or label

    def fits(value: str) -> None:
        if _HALF.search(value):
            raise ValidationError(f"{called} holds half a character. Type that part again")
        if len(value) > limit:
            raise ValidationError(
                f"{called} must be {limit:,} characters or fewer. You entered {len(value):,}"
            )
        if least and value != NOT_KNOWN and len(value) < least:
            raise ValidationError(
                f"{called} must be at least {least} characters. You entered {len(value)}"
            )

    return _Tidied(
        partial(coded, codes=codes or {}),
        required=required,
        validate=fits,
        error_messages=words(ask),
        metadata=_question(label, hint, kind="textarea" if limit > SHORTEST_BOX else "text"),
    )


def one_of(
    label: str,
    codes: type[E],
    ask: str,
    *,
    hint: str | None = None,
    required: bool = False,
    kind: str = "radios",
) -> fields.Enum[E]:
    """Radios or a select: one code of a list."""
    told = f"{ask}. Use one of: {_listed(codes)}"
    return fields.Enum(
        codes,
        by_value=True,
        required=required,
        error_messages={**words(ask), "unknown": told},
        metadata=_question(label, hint, kind=kind, choices=choices_of(codes)),
    )


def some_of(
    label: str, codes: type[E], ask: str, *, hint: str | None = None, required: bool = False
) -> fields.List[E]:
    """Checkboxes: one or more codes of a list, each once, in the order of the list."""
    return _Codes(
        codes,
        one_of(label, codes, ask),
        required=required,
        validate=Length(min=1, error=ask),
        error_messages=words(ask),
        metadata=_question(label, hint, kind="checkboxes", choices=choices_of(codes)),
    )


def day(label: str, *, hint: str | None = None) -> GovDate:
    """A date; the label begins what is said of a wrong one."""
    return GovDate(metadata=_question(label, hint, kind="date"))


def moment(label: str, ask: str, *, hint: str | None = None, required: bool = False) -> GovDateTime:
    """A date and a time; the label begins what is said of a wrong one."""
    return GovDateTime(
        required=required,
        error_messages={"required": ask, "null": ask},
        metadata=_question(label, hint, kind="date_time"),
    )


def _question(label: str, hint: str | None, **more: Any) -> dict[str, Any]:
    return {"label": label, "hint": hint, **more}


class _Codes(fields.List[Any]):
    def __init__(self, codes: type[StrEnum], each: fields.Field[Any], **how: Any) -> None:
        super().__init__(each, **how)
        self._order = list(codes)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> Any:
        chosen = super()._deserialize(
            [value] if isinstance(value, str) else value, attr, data, **kw
        )
        return sorted(set(chosen), key=self._order.index)


def _listed(codes: type[StrEnum]) -> str:
    return ", ".join(code.value for code in codes)


def yes_or_no(
    label: str, ask: str, *, hint: str | None = None, required: bool = False
) -> fields.Boolean:
    """A yes or no question: "yes" and "no" from a page, true and false from JSON."""
    return fields.Boolean(
        required=required,
        truthy={"yes", "true", True},
        falsy={"no", "false", False},
        error_messages=words(ask),
        metadata=_question(label, hint, kind="radios", choices=YES_NO),
    )


def level(
    label: str, ask: str, *, hint: str | None = None, required: bool = False
) -> fields.Integer:
    """A threshold level, 1 to 4."""
    return _Level(
        required=required,
        validate=Range(min=1, max=4, error=ask),
        error_messages=words(ask),
        metadata=_question(label, hint, kind="radios", choices=THRESHOLD_LEVELS),
    )


class _Level(fields.Integer):
    """A whole number: 2.5 is no level and is not cut down to one."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


def shaped(
    label: str,
    ask: str,
    *,
    right: Callable[[str], bool],
    tidy: Callable[[str], str],
    hint: str | None = None,
) -> fields.String:
    """Text of a fixed shape: tidied first, then looked at."""

    def is_right(value: str) -> None:
        if not right(value):
            raise ValidationError(ask)

    return _Tidied(
        tidy,
        validate=is_right,
        error_messages=words(ask),
        metadata=_question(label, hint, kind="text", description=ask),
    )


class _Tidied(fields.String):
    def __init__(self, tidy: Callable[[str], str], **how: Any) -> None:
        super().__init__(**how)
        self._tidy = tidy

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> str:
        return self._tidy(super()._deserialize(value, attr, data, **kw))
