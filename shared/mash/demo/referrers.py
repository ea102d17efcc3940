"""What referrers do: send a contact through the page or the API, once or by a double click."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlsplit

from shared.ids import new_submission_id
from shared.mash.demo.forms import Form, Page
from shared.mash.demo.morning import Contact, with_offsets
from shared.mash.demo.people import Person, Turned

NEW: Final = "/referral/referrals/new"
API: Final = "/referral/api/referrals"


def send(contact: Contact, person: Person) -> None:
    """Send a contact; note its reference and its children."""
    if contact.door == "api":
        _by_api(contact, person)
    else:
        contact.ref = _by_page(contact, person)
    contact.done.append("referral.received")


def _by_api(contact: Contact, person: Person) -> None:
    body = {"submission_id": new_submission_id(), **with_offsets(contact.answers)}
    told = person.call(API, body)
    contact.ref, contact.children = told["reference"], told["children"]


def _by_page(contact: Contact, person: Person) -> str:
    answers = {name: value for name, value in contact.answers.items() if name != "urgent"}
    page = person.open(f"{NEW}?immediate_danger={answers['immediate_danger']}")
    form = page.form_with("submission_id")
    for _ in contact.answers["children"][1:]:
        form = _press_add_child(form, person)
    if contact.slip:
        form = _mistyped(form, answers, contact.slip, person)
    if contact.twice:
        return _double_click(form, answers, person)
    return _reference(person.fill(form, answers))


def _press_add_child(form: Form, person: Person) -> Form:
    button = [(name, value) for name, value in form.buttons if name == "add_child"]
    return person.press(form, button).form_with("submission_id")


def _mistyped(
    form: Form, answers: Mapping[str, Any], slip: Mapping[str, Any], person: Person
) -> Form:
    """Send a slip of the pen: it must be refused in words, with everything typed still there."""
    page = person.refused(form, {**answers, **slip})
    again = page.form_with("submission_id")
    if not page.errors or not again.carries("worry_text", answers["worry_text"]):
        raise Turned("A mistyped form came back without its error or without what was typed")
    return again


def _double_click(form: Form, answers: Mapping[str, Any], person: Person) -> str:
    """Send the same form twice at the same moment: it must be one referral."""
    with ThreadPoolExecutor(2) as clicks:
        pages = list(clicks.map(lambda _: person.fill(form, answers), range(2)))
    references = {_reference(page) for page in pages}
    if len(references) != 1:
        raise Turned("The same form sent twice became two referrals")
    return references.pop()


def _reference(page: Page) -> str:
    return urlsplit(page.url).path.split("/")[3]
