"""A file of steps as an import reads it: each line an order, or what is wrong with it in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.ids import case_reference, child_reference
from shared.mash.client import Refused
from shared.mash.importing.columns import WHY, column_of
from shared.mash.importing.keeping import ErrorFile, Keeper, Progress
from shared.mash.importing.reading import Line, lines_of
from tests.support.imports import steps

CASE, CHILD = "MASH-AAAAA-AAAAA", "CH-AAAAA-AAAAA"
DECIDE = {"case": CASE, "step": "decide", "at": "2025-06-02T09:00:00Z", "by": "m", "body": {}}


def written(tmp_path: Path, text: str, name: str = "year.jsonl") -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode())
    return file


def read(tmp_path: Path, text: str, name: str = "year.jsonl") -> list[Line]:
    return list(lines_of(written(tmp_path, text, name)))


def test_what_the_generator_writes_is_what_an_import_reads(tmp_path: Path) -> None:
    made = list(steps(12))
    lines = read(tmp_path, "".join(f"{step.line()}\n" for step in made))

    assert [each.fault for each in lines] == [""] * len(made)
    for line, step in zip(lines, made, strict=True):
        assert line.order is not None
        assert line.order["child"] == step.child
        assert (line.case, line.service) == (step.case, step.to.split("/")[1])
        assert line.order["body"] == json.loads(json.dumps(step.body))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_says_the_same_as_json_lines(tmp_path: Path, mark: str) -> None:
    (line,) = read(
        tmp_path,
        f"{mark}case,step,at,by,rationale,invited[],children.2.born,children.1.born,body.child\n"
        f'{CASE},decide,2025-06-02T09:00:00Z,m,"Two, in\ntwo lines",'
        f"police; health,no,yes,{CHILD}\n",
        "year.csv",
    )

    assert line.order == {
        "case": CASE,
        "child": None,
        "step": "decide",
        "at": "2025-06-02T09:00:00Z",
        "by": "m",
        "stands_for": None,
        "body": {
            "rationale": "Two, in\ntwo lines",
            "invited": ["police", "health"],
            "children": [{"born": "yes"}, {"born": "no"}],
            "child": CHILD,
        },
    }


def test_a_council_needs_no_reference_but_its_own(tmp_path: Path) -> None:
    receive, see, again = read(
        tmp_path,
        "council_ref,step,at,by,child\n"
        "R-1,receive,2025-06-02T09:00:00Z,p,\n"
        "R-1,see,2025-06-02T15:00:00Z,w,2\n"
        "R-1,see,2025-06-02T15:00:00Z,w,2\n",
        "year.csv",
    )

    assert receive.order is not None
    assert see.order is not None
    submission = receive.order["body"]["submission_id"]
    assert receive.case == see.case == case_reference(submission)
    assert see.order["child"] == child_reference(submission, 1)
    assert see.order == again.order, "the same line is the same submission"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("no json", "one object a line"),
        ("[]", "one object a line"),
        (json.dumps({**DECIDE, "step": "close"}), "step: give one of receive"),
        (json.dumps({**DECIDE, "body": "none"}), "body: give an object"),
        (json.dumps({**DECIDE, "case": None}), "case: give the case reference"),
    ],
)
def test_a_line_that_cannot_be_sent_says_the_column_and_the_remedy(
    tmp_path: Path, line: str, words: str
) -> None:
    bad, good = read(tmp_path, f"{line}\n\n{json.dumps(DECIDE)}\n")

    assert words in bad.fault
    assert bad.order is None
    assert (good.number, good.fault) == (3, "")


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("step,at,by\n", "a.csv", r"Add case \(or council_ref\)"),
        ("case,step,at,by,by\n", "a.csv", "names by twice"),
        ("", "a.csv", "Add at and by and case"),
        ('{"a":"' + "a" * 1_100_000, "a.jsonl", "Line 1 is longer"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, text: str, name: str, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        read(tmp_path, text, name)


def test_a_file_in_another_code_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(json.dumps(DECIDE).encode() + b"\n\xe9\n")

    with pytest.raises(Refused, match="Line 2 is not UTF-8"):
        list(lines_of(file))


@pytest.mark.parametrize("name", ["year.csv", "year.jsonl"])
def test_reading_goes_on_at_any_line(tmp_path: Path, name: str) -> None:
    rows = [f'{CASE},decide,2025-06-0{n}T09:00:00Z,m,"a\nb"' for n in range(1, 6)]
    text = "case,step,at,by,rationale\n" + "\n".join(rows)
    if name.endswith("jsonl"):
        text = "\n".join(json.dumps({**DECIDE, "at": f"2025-06-0{n}"}) for n in range(1, 6))
    file = written(tmp_path, text, name)
    lines = list(lines_of(file))

    for place, line in enumerate(lines):
        assert list(lines_of(file, offset=line.start, number=line.number - 1)) == lines[place:]


@pytest.mark.parametrize("name", ["year.csv", "year.jsonl"])
def test_an_error_file_can_be_sent_as_it_is(tmp_path: Path, name: str) -> None:
    text = f"case,step,at,by,{WHY},rationale\n{CASE},decide,2025-06-02T09:00:00Z,m,old,a\n"
    if name.endswith("jsonl"):
        text = json.dumps({**DECIDE, WHY: "old"})
    file = written(tmp_path, text, name)
    (line,) = lines_of(file)
    errors = ErrorFile(file)
    errors.open(size=0)
    errors.add(line, "rationale: Enter why")
    size = errors.keep()
    errors.add(line, "half of this is lost in a kill")
    errors.close(empty=False)

    taken_up = ErrorFile(file)
    assert taken_up.open(size=size) == {CASE}
    taken_up.close(empty=False)
    (again,) = lines_of(errors.path)
    assert again.order == line.order
    told = errors.path.read_text()
    assert f"Line {line.number}. rationale: Enter why" in told
    assert "old" not in told
    assert errors.path.stat().st_mode & 0o077 == 0


def test_how_far_it_came_is_kept_beside_the_file_and_belongs_to_that_file(tmp_path: Path) -> None:
    file = written(tmp_path, json.dumps(DECIDE))
    keeper = Keeper(file)
    assert keeper.read() is None
    kept = Progress(offset=7, number=1, settled=[3], errors=5, counts={"taken": 2}, seconds=1.5)
    keeper.write(kept)

    assert Keeper(file).read() == kept
    file.write_text("changed since")
    with pytest.raises(Refused, match="was changed since"):
        Keeper(file).read()
    keeper.path.write_text("{}")
    with pytest.raises(Refused, match="begin anew"):
        Keeper(file).read()


@pytest.mark.parametrize(
    ("pointer", "column"),
    [
        ("#/body/children/0/first_names", "children.1.first_names"),
        ("#/body/child", "body.child"),
        ("#/at", "at"),
        ("#/body", "body"),
    ],
)
def test_a_fault_is_told_by_its_column(pointer: str, column: str) -> None:
    assert column_of(pointer) == column


def test_nothing_of_what_was_typed_is_in_a_fault(tmp_path: Path) -> None:
    secret: dict[str, Any] = {**DECIDE, "step": "Teapot", "body": {"worry": "Teapot"}}

    (line,) = read(tmp_path, json.dumps(secret))

    assert "Teapot" not in line.fault
