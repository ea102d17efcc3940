"""What a line of an import may hold: one table, which parses the lines and words the help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from shared.ids import case_reference, child_reference
from shared.mash.generate.steps import ADDRESSES, StepName

STEPS: Final[Mapping[str, str]] = {
    **{step.value: address for step, address in ADDRESSES.items()},
    "decline": "/strategy/api/cases/{case}/lead/decline",
    "override": "/strategy/api/cases/{case}/lead/override",
}
"""Step -> the address of the interface that describes its body."""

CHILD: Final = re.compile(r"CH-[0-9A-Z]{5}-[0-9A-Z]{5}")


class BadLine(Exception):
    """A line that cannot be sent. The message names the column and the remedy, and no content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of every line."""

    name: str
    what: str


COLUMNS: Final = (
    Column(
        name="council_ref",
        what="Your own reference of the referral. It must say nothing about anybody",
    ),
    Column(
        name="case",
        what="The case reference that the hub gives, like MASH-AAAAA-AAAAA. Left out, it is made "
        "from council_ref",
    ),
    Column(
        name="child",
        what="Of a visit: the reference of the child, like CH-AAAAA-AAAAA; or, beside a "
        "council_ref without case, the child's place on the referral: 1, 2, …",
    ),
    Column(name="step", what=f"What was done: {', '.join(STEPS)}"),
    Column(name="at", what="When, with its offset, like 2025-06-02T09:00:00+01:00"),
    Column(name="by", what="The sign-in of whoever did it"),
    Column(
        name="stands_for",
        what="lead or social-worker, where whoever that is on the case did it; else empty",
    ),
)
BODY: Final = Column(
    name="body", what="What the form of the step was told: in JSON Lines one object, in CSV columns"
)
WHY: Final = "refused_because"
"""The column of an error file that says why."""
IGNORED: Final = frozenset({"number", "to", WHY})
"""What `mash generate` and an error file hold beside."""

NAMES: Final = frozenset(each.name for each in COLUMNS)
PATHS: Final = (
    ("rationale", "a field of the body"),
    ("children.1.first_names", "a field of the first of several (2, 3, … for the others)"),
    ("invited[]", "a list of codes, with ; between them"),
    ("body.child", "a field of the body whose name is that of a column of every line"),
)
"""How a column of a CSV file names a place in the body."""


def order_from(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the order that the columns of a line make. Raises BadLine."""
    order = {name: given.get(name) or None for name in NAMES}
    council_ref = order.pop("council_ref")
    body = given.get("body")
    if not isinstance(body, Mapping):
        raise BadLine("body: give an object with what the form of this step was told")
    order["body"] = body = dict(body)
    if order["step"] not in STEPS:
        raise BadLine(f"step: give one of {', '.join(STEPS)}")
    if order["child"] is None and (named := CHILD.search(str(given.get("to") or ""))):
        order["child"] = named[0]
    if order["case"] is None:
        _made_from(council_ref, order)
    if not isinstance(order["case"], str):
        raise BadLine("case: give the reference of the case as text")
    if service_of(order) != "referral" and "submission_id" not in body:
        told = "|".join(str(order[name]) for name in ("case", "step", "at", "child"))
        body["submission_id"] = _id_of(told)
    return order


def service_of(order: Mapping[str, Any]) -> str:
    """Return which service takes the order."""
    return STEPS[order["step"]].split("/")[1]


def leans_on(order: Mapping[str, Any]) -> str | None:
    """Return the other case that must be known before this order: that of which a child is one."""
    known = order["body"].get("known_case") if order["step"] == StepName.MATCH else None
    return known if isinstance(known, str) else None


def body_from(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the body that the other columns of a CSV line make: empty cells say nothing."""
    body: dict[str, Any] = {}
    for name, cell in cells.items():
        if cell.strip():
            value = [each.strip() for each in cell.split(";")] if name.endswith("[]") else cell
            _put(body, name.removeprefix("body.").removesuffix("[]"), value)
    return {name: _lists(value) for name, value in body.items()}


def column_of(pointer: str) -> str:
    """Return the column that a place in an order belongs to: `children.1.first_names`."""
    parts = pointer.removeprefix("#").strip("/").split("/")
    if parts[0] == "body" and parts[1:] and parts[1] not in NAMES:
        parts = parts[1:]
    return ".".join(str(int(part) + 1) if part.isdigit() else part for part in parts)


def _made_from(council_ref: Any, order: dict[str, Any]) -> None:
    """Name a referral by the council's own reference: the same one makes the same case for ever."""
    own = order["body"].get("submission_id") if order["step"] == StepName.RECEIVE else None
    if not council_ref and not own:
        raise BadLine("case: give the case reference, or your own in council_ref")
    submission = str(own or _id_of(f"referral|{council_ref}"))
    order["case"] = case_reference(submission)
    if order["step"] == StepName.RECEIVE:
        order["body"]["submission_id"] = submission
    if str(order["child"] or "").isdigit():
        order["child"] = child_reference(submission, int(order["child"]) - 1)


def _id_of(told: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"golden-thread|{told}"))


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *folders, last = path.split(".")
    for folder in folders:
        body = body.setdefault(folder, {})
        if not isinstance(body, dict):
            raise BadLine(f"{path}: another column says that this is no group. Rename one")
    body[last] = value


def _lists(value: Any) -> Any:
    """Turn groups that are named by numbers into lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(each) for name, each in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
