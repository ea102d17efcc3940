"""What the pages of strategy say to whom, on a real MongoDB."""

from __future__ import annotations

import pytest

from tests.conftest import MakeSettings
from tests.integration.strategy_world import FIRST, MASH, WEST, WORKER, World
from tests.integration.test_strategy_doors import REF, allocated

SEE_REFERRAL = "See the referral: the child's name, address and any risk to staff"
VISIT = f"/strategy/cases/{REF}/children/{FIRST}/visit"


@pytest.fixture
def world(make_settings: MakeSettings) -> World:
    return World(make_settings())


@pytest.mark.parametrize(
    ("person", "path"),
    [
        (WEST, f"/strategy/cases/{REF}"),
        (MASH, f"/strategy/cases/{REF}"),
        (WORKER, f"/strategy/cases/{REF}"),
        (WORKER, VISIT),
        (WEST, VISIT),
        (WORKER, "/strategy/my-visits"),
    ],
)
def test_whoever_visits_is_led_to_who_the_child_is_and_where(
    world: World, person: str, path: str
) -> None:
    """This service holds no names: the referral does."""
    allocated(world)

    page = world.browser(person).get(path)

    leads = [to for words, to in page.links.items() if words.startswith(SEE_REFERRAL)]
    assert leads == [f"/referral/referrals/{REF}"]
