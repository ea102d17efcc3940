"""Characters that nobody can see are refused in a referral, on the field that holds them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from services.referral.schemas import ReferralIn
from tests.builders import a_child, a_referral

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "but"),
    [
        ("worry_text", {"worry_text": "x\u202e" * 40}),
        ("children", {"children": [a_child(first_names="Wren\x00")]}),
    ],
)
def test_a_character_that_cannot_be_seen_is_refused(field: str, but: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        ReferralIn(now=NOW).load(a_referral(**but))

    assert "cannot be seen" in str(refused.value.normalized_messages()[field])
