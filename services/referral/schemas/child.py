"""One child on the referral form: born or not, known by name or by description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from marshmallow import fields, validates_schema
from marshmallow.validate import OneOf

from services.referral.domain.codes import (
    NOT_KNOWN,
    AddressKind,
    Ethnicity,
    Known,
    LegalStatus,
    Sex,
)
from services.referral.schemas.parts import Faults, Form
from services.referral.schemas.questions import (
    LINE,
    NOT_KNOWN_HINT,
    NOT_KNOWN_WORDS,
    SHORT,
    coded,
    day,
    one_of,
    shaped,
    text,
    words,
    yes_or_no,
)

OLDEST: Final = 18
LONGEST_EXPECTED: Final = timedelta(days=306)
"""Ten months: an expected date further away is a slip of the pen."""
LATEST_OVERDUE: Final = timedelta(days=31)
ASK_AGE: Final = "Select an age from 0 to 18, or not known"
WHOSE: Final = ("first_names", "last_name", "known_as", "description", "address")
"""What an unborn child can be found by: any one of them."""
AGE_WORDS: Final = {"0": "Under 1", NOT_KNOWN: "Not known"}
AGES: Final = (*(str(age) for age in range(OLDEST + 1)), NOT_KNOWN)

POSTCODE: Final = re.compile(r"[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}")
ASK_POSTCODE: Final = "Enter a full postcode, like B70 0AA, or “not known”"
ASK_HOW_LONG: Final = "Enter how long the child has lived there, or “not known”"
ASK_WHOSE: Final = (
    "Enter a name, describe whose child it is, or enter the home address: "
    "without one of them the child cannot be found"
)
ASK_NHS: Final = "Enter a 10 digit NHS number, like 999 000 0018, or leave it blank"


def tidy_postcode(typed: str) -> str:
    """Return a postcode in capitals with its one space: "b70 0aa" and "B700AA" are "B70 0AA"."""
    if coded(typed) == NOT_KNOWN:
        return NOT_KNOWN
    plain = re.sub(r"\s", "", typed).upper()
    return f"{plain[:-3]} {plain[-3:]}"


def is_postcode(text: str) -> bool:
    """Has the text the shape of a United Kingdom postcode, or is it the code for not known?"""
    return text == NOT_KNOWN or POSTCODE.fullmatch(text) is not None


def tidy_nhs_number(typed: str) -> str:
    """Return an NHS number as ten digits without spaces or hyphens."""
    return re.sub(r"[\s-]", "", typed)


def is_nhs_number(number: str) -> bool:
    """The tenth digit checks the first nine, modulus 11 (NHS data dictionary)."""
    if not re.fullmatch(r"[0-9]{10}", number, re.ASCII):
        return False
    total = sum(
        int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False)
    )
    # A check digit of 10 is no digit: such numbers are never issued.
    return (11 - total % 11) % 11 == int(number[9])


def years_old(born_on: date, today: date) -> int:
    """Return the age in whole years."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


class ChildIn(Form):
    """Section B for one child. `today` and `urgent` are set by the form it belongs to."""

    born = yes_or_no(
        "Is the child born yet?", "Select whether the child is born yet", required=True
    )
    first_names = text("First names", "Enter the child's first names", limit=SHORT)
    last_name = text("Last name", "Enter the child's last name", limit=SHORT)
    known_as = text("Known as", "Enter what the child is known as", limit=SHORT)
    previous_names = text(
        "Previous names",
        "Enter the child's previous names",
        hint="Also known as, at birth, or before a change of name",
        limit=SHORT,
    )
    description = text(
        "Description",
        "Describe the child",
        hint="If you do not know the child's name. If the child is not born yet, say whose it is",
        limit=500,
    )
    date_of_birth = day("Date of birth", hint="For example, 27 3 2019")
    estimated_age = fields.String(
        validate=OneOf(AGES, error=ASK_AGE),
        error_messages=words(ASK_AGE),
        metadata={
            "label": "Estimated age",
            "hint": "If you do not know the date of birth",
            "kind": "select",
            "choices": tuple((age, AGE_WORDS.get(age, age)) for age in AGES),
        },
    )
    expected_date = day("Expected date", hint="If the child is not born yet")
    sex = one_of("Sex", Sex, "Select the child's sex, or not known")
    address_kind = one_of(
        "Do you know the child's home address?",
        AddressKind,
        "Select whether you know the child's home address",
        required=True,
    )
    address = text("Home address", "Enter the child's home address", limit=500)
    postcode = shaped(
        "Postcode", ASK_POSTCODE, right=is_postcode, tidy=tidy_postcode, hint=NOT_KNOWN_HINT
    )
    how_long = text(
        "How long has the child lived there?",
        ASK_HOW_LONG,
        called="How long the child has lived there",
        hint=f"For example, since birth, or 3 weeks. {NOT_KNOWN_HINT}",
        limit=SHORT,
        codes=NOT_KNOWN_WORDS,
    )
    ethnicity = one_of("Ethnicity", Ethnicity, "Select an ethnicity", kind="select")
    first_language = text("First language", "Enter the child's first language", limit=SHORT)
    interpreter = one_of(
        "Is an interpreter needed?", Known, "Select whether an interpreter is needed"
    )
    disability = text(
        "Disability or communication needs", "Enter any disability", called="Disability"
    )
    nhs_number = shaped("NHS number", ASK_NHS, right=is_nhs_number, tidy=tidy_nhs_number)
    school = text("School or nursery", "Enter the school or nursery", limit=LINE)
    gp_practice = text("GP practice", "Enter the GP practice", limit=LINE)
    legal_status = one_of(
        "Is the child already known to social care?",
        LegalStatus,
        "Select whether the child is already known to social care",
        kind="select",
    )

    def __init__(self, *, today: date | None = None, urgent: bool = False, **how: Any) -> None:
        super().__init__(**how)
        self.today = today
        self.urgent = urgent

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def rules_between_answers(
        self, loaded: dict[str, Any], original: Mapping[str, Any], **_: Any
    ) -> None:
        """Ask what belongs together: a name or a description, a date or an age, an address."""
        faults = Faults(original)
        if loaded.get("born") is True:
            self._of_a_born_child(loaded, faults)
        elif loaded.get("born") is False:
            self._of_an_unborn_child(loaded, faults)
        if loaded.get("address_kind") is AddressKind.ADDRESS:
            faults.need("address", "Enter the child's home address")
            faults.need("postcode", ASK_POSTCODE)
            faults.need("how_long", ASK_HOW_LONG)
        faults.tell()

    def _of_a_born_child(self, loaded: dict[str, Any], faults: Faults) -> None:
        if not faults.answered("description"):
            faults.need("first_names", "Enter the child's first names, or describe the child")
            faults.need("last_name", "Enter the child's last name, or describe the child")
        if not faults.answered("estimated_age"):
            faults.need(
                "date_of_birth",
                "Enter the child's date of birth, or select an estimated age",
            )
        if faults.answered("expected_date"):
            faults.add("expected_date", "Leave the expected date blank: the child is born")
        if not self.urgent:
            faults.need("sex", "Select the child's sex, or not known")
        if born_on := loaded.get("date_of_birth"):
            if born_on > self._today:
                faults.add("date_of_birth", "Date of birth must be in the past")
            elif years_old(born_on, self._today) > OLDEST:
                faults.add(
                    "date_of_birth",
                    "Date of birth must be that of a child: this person is over 18",
                )

    def _of_an_unborn_child(self, loaded: dict[str, Any], faults: Faults) -> None:
        if not any(faults.answered(each) for each in WHOSE):
            faults.add("last_name", ASK_WHOSE)
        faults.need("expected_date", "Enter the date the child is expected to be born")
        if faults.answered("date_of_birth"):
            faults.add("date_of_birth", "Leave the date of birth blank: the child is not born yet")
        if expected := loaded.get("expected_date"):
            if expected > self._today + LONGEST_EXPECTED:
                faults.add("expected_date", "Expected date must be within the next 10 months")
            elif expected < self._today - LATEST_OVERDUE:
                faults.add(
                    "expected_date",
                    "Expected date must be in the future, or no more than a month ago",
                )

    @property
    def _today(self) -> date:
        if self.today is None:
            raise RuntimeError("ChildIn: give today=, the day in London")
        return self.today
