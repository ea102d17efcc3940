"""Checks a directory file and turns it into what the rules work with: all faults at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from services.strategy.domain.directory import Directory, Leave, Person, Post, Shift, Team

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_WAIT: Final = 24 * 60
PERSON_ID: Final = validate.Regexp(
    r"^[a-z0-9][a-z0-9.-]{0,63}\Z",
    error="Use a sign-in reference: small letters, digits, dots and hyphens, 64 at most.",
)
CODE: Final = validate.Regexp(
    r"^[a-z0-9][a-z0-9-]{0,40}\Z", error="Use small letters, digits and hyphens."
)
DISTRICT: Final = validate.Regexp(
    r"^[A-Z]{1,2}[0-9][0-9A-Z]?\Z", error="Use a postcode district, such as B70."
)
CLOCK: Final = validate.Regexp(
    r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\Z", error="Use a time from 00:00 to 24:00."
)


class BadDirectory(Exception):
    """The directory file cannot be used. Every fault says where it is and what puts it right."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("The directory file is not usable:\n" + "\n".join(faults))
        self.faults = faults


class _Part(Schema):
    class Meta:
        unknown = RAISE

    error_messages = {  # noqa: RUF012 - marshmallow reads it, nobody writes it
        "unknown": "Not a field of the directory. Remove it or check its name."
    }


class LeaveSchema(_Part):
    """Days away, both included."""

    first = fields.Date(data_key="from", required=True)
    last = fields.Date(data_key="to", required=True)


class ShiftSchema(_Part):
    """Duty hours on some weekdays, on the clock on the wall."""

    days = fields.List(
        fields.String(validate=validate.OneOf(DAYS, error="Use a weekday in small letters.")),
        required=True,
    )
    starts = fields.String(data_key="from", required=True, validate=CLOCK)
    ends = fields.String(data_key="to", required=True, validate=CLOCK)


class PersonSchema(_Part):
    """Somebody who leads meetings or carries cases."""

    id = fields.String(required=True, validate=PERSON_ID)
    name = fields.String(required=True, validate=validate.Length(min=1, max=100))
    post = fields.Enum(Post, by_value=True, required=True)
    capacity = fields.Integer(load_default=0, validate=validate.Range(min=0, max=100))
    newly_qualified = fields.Boolean(load_default=False)
    rota = fields.String(required=True)
    leave = fields.List(fields.Nested(LeaveSchema), load_default=list)


class TeamSchema(_Part):
    """A safeguarding and assessment team."""

    code = fields.String(required=True, validate=CODE)
    name = fields.String(required=True, validate=validate.Length(min=1, max=60))
    patch = fields.List(fields.String(validate=DISTRICT), required=True)
    neighbours = fields.List(fields.String(), required=True)
    managers = fields.List(
        fields.String(), required=True, validate=validate.Length(min=1, error="Name a manager.")
    )
    deputies = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    workers = fields.List(fields.String(), required=True)


class DirectorySchema(_Part):
    """The whole file."""

    about = fields.String()
    acknowledge_minutes = fields.Integer(
        required=True, validate=validate.Range(min=1, max=LONGEST_WAIT)
    )
    meeting_minutes = fields.Integer(
        required=True, validate=validate.Range(min=5, max=LONGEST_WAIT)
    )
    head_of_service = fields.String(required=True)
    rotas = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(ShiftSchema)), required=True
    )
    teams = fields.List(fields.Nested(TeamSchema), required=True, validate=validate.Length(min=1))
    people = fields.List(
        fields.Nested(PersonSchema), required=True, validate=validate.Length(min=1)
    )


def directory_from(raw: Any) -> Directory:
    """Return the directory a parsed file describes, or raise BadDirectory with every fault."""
    try:
        loaded = DirectorySchema().load(raw)
    except ValidationError as fault:
        raise BadDirectory(tuple(_flat(fault.messages))) from None
    if faults := tuple(_disagreements(loaded)):
        raise BadDirectory(faults)
    places = _places(loaded["teams"])
    rotas = {name: tuple(_shifts(rows)) for name, rows in loaded["rotas"].items()}
    return Directory(
        teams=tuple(_team(each) for each in loaded["teams"]),
        people=tuple(_person(each, places, rotas) for each in loaded["people"]),
        head_of_service=loaded["head_of_service"],
        acknowledge_minutes=loaded["acknowledge_minutes"],
        meeting_minutes=loaded["meeting_minutes"],
    )


def _team(raw: Mapping[str, Any]) -> Team:
    return Team(
        code=raw["code"],
        name=raw["name"],
        patch=tuple(raw["patch"]),
        neighbours=tuple(raw["neighbours"]),
        managers=tuple(raw["managers"]),
        deputies=dict(raw["deputies"]),
    )


def _person(
    raw: Mapping[str, Any], places: Mapping[str, str], rotas: Mapping[str, tuple[Shift, ...]]
) -> Person:
    return Person(
        id=raw["id"],
        name=raw["name"],
        post=raw["post"],
        team=places.get(raw["id"]),
        capacity=raw["capacity"],
        newly_qualified=raw["newly_qualified"],
        duty=rotas[raw["rota"]],
        leave=tuple(Leave(**each) for each in raw["leave"]),
    )


def _shifts(rows: list[Mapping[str, Any]]) -> Iterator[Shift]:
    for row in rows:
        for day in row["days"]:
            yield Shift(
                weekday=DAYS.index(day), starts=_minute(row["starts"]), ends=_minute(row["ends"])
            )


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _places(teams: list[Mapping[str, Any]]) -> dict[str, str]:
    """Which team a person belongs to: managers and workers first, then who only deputises."""
    places: dict[str, str] = {}
    for team in teams:
        for each in (*team["managers"], *team["workers"]):
            places[each] = team["code"]
    for team in teams:
        for each in team["deputies"].values():
            places.setdefault(each, team["code"])
    return places


def _disagreements(loaded: Mapping[str, Any]) -> Iterator[str]:
    posts = {each["id"]: each["post"] for each in loaded["people"]}
    codes = {each["code"] for each in loaded["teams"]}
    yield from _repeated("people: the id", [each["id"] for each in loaded["people"]])
    yield from _repeated("teams: the code", [each["code"] for each in loaded["teams"]])
    districts = [district for each in loaded["teams"] for district in each["patch"]]
    yield from _repeated("teams: the postcode district", districts)
    belongs = [each for team in loaded["teams"] for each in (*team["managers"], *team["workers"])]
    yield from _repeated("teams: the manager or worker", belongs)
    if posts.get(loaded["head_of_service"]) is not Post.HEAD_OF_SERVICE:
        yield "head_of_service: name somebody of people whose post is head-of-service."
    for team in loaded["teams"]:
        yield from _team_faults(team, posts, codes)
    for each in loaded["people"]:
        yield from _person_faults(each, loaded["rotas"])
    for name, rows in loaded["rotas"].items():
        if any(_minute(row["starts"]) >= _minute(row["ends"]) for row in rows):
            yield f"rotas {name}: from must be before to. Write a night as two shifts."


def _team_faults(
    team: Mapping[str, Any], posts: Mapping[str, Post], codes: set[str]
) -> Iterator[str]:
    where = f"team {team['code']}"
    for neighbour in team["neighbours"]:
        if neighbour not in codes or neighbour == team["code"]:
            yield f"{where}: neighbour {neighbour} must be the code of another team."
    for group, people, post in (
        ("managers", team["managers"], Post.TEAM_MANAGER),
        ("deputies", team["deputies"].values(), Post.TEAM_MANAGER),
        ("workers", team["workers"], Post.SOCIAL_WORKER),
    ):
        for each in dict.fromkeys(people):
            if posts.get(each) is not post:
                yield f"{where}: {group}: {each} must be one of people with the post {post}."
    for manager in team["deputies"]:
        if manager not in team["managers"]:
            yield f"{where}: deputies: {manager} is no manager of this team."


def _person_faults(person: Mapping[str, Any], rotas: Mapping[str, Any]) -> Iterator[str]:
    if person["rota"] not in rotas:
        yield f"person {person['id']}: rota {person['rota']} is not one of rotas. Add it there."
    if any(leave["first"] > leave["last"] for leave in person["leave"]):
        yield f"person {person['id']}: leave: from must not be after to."


def _repeated(what: str, values: list[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{what} {value} stands {count} times. Keep one."


def _flat(messages: Any, path: str = "") -> Iterator[str]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = "" if key == "_schema" else f"[{key}]" if isinstance(key, int) else f".{key}"
            yield from _flat(inner, path + step)
    elif isinstance(messages, list):
        for message in messages:
            yield f"{path.lstrip('.') or 'the file'}: {message}"
    else:
        yield f"{path.lstrip('.') or 'the file'}: {messages}"
