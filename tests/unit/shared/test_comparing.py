"""Comparing heads: how the store is asked how far it has heard them."""

from __future__ import annotations

from collections.abc import Sequence

from shared.messaging.feed import LONG_AGO, FeedHead, with_known


def test_the_store_is_asked_of_many_streams_at_once_and_anew_of_one_that_seems_behind() -> None:
    told = [
        FeedHead(stream=f"referral:{each}", sequence=2, hash="", changed_at=LONG_AGO)
        for each in range(3)
    ]
    known = {each.stream: 2 for each in told} | {"referral:1": 1}
    asked: list[list[str]] = []

    def known_heads(streams: Sequence[str]) -> dict[str, int]:
        asked.append(list(streams))
        found = {stream: known[stream] for stream in streams}
        known["referral:1"] = 2  # it comes just after it was asked of
        return found

    assert [here for _, here in with_known(told, known_heads)] == [2, 2, 2]
    assert asked == [[each.stream for each in told], ["referral:1"]]
