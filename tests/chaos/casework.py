"""The whole story of a case, as far as chance takes it."""

from __future__ import annotations

from functools import partial

from tests.chaos import moves
from tests.chaos.answers import STATUTORY
from tests.chaos.asking import MANAGER, LeftStanding, Steps
from tests.chaos.stories import Story

LOOKS = 4_000
"""How often a story looks whether its case has been opened before it is left standing."""


def live(story: Story) -> Steps:
    """Live a story as far as chance takes it: it may end after any step, as cases do."""
    chance = story.chance
    yield from story.receive()
    if chance.random() < 0.07:
        return
    if story.known and chance.random() < 0.15:
        yield from story.match()
    yield from story.decide()
    told_early = chance.random() < 0.4
    if told_early:
        yield from story.inform()
    if story.decision["outcome"] in STATUTORY and chance.random() < 0.93:
        yield from _work(story)
    if not told_early and chance.random() < 0.6:
        yield from story.inform()


def _work(story: Story) -> Steps:
    chance = story.chance
    yield from _wait_until_opened(story)
    if chance.random() < 0.08:  # protection waits for nobody: seen before anything was allocated
        yield from _visits(story, story.office.managers_of(None)[0])
    if story.decision["outcome"] == "strategy-meeting":
        yield from _call_and_lead(story)
        if chance.random() < 0.07:
            return
        yield from story.do(partial(moves.record_meeting, story))
    if chance.random() < 0.08:
        return
    yield from story.do(partial(moves.allocate, story))
    allocated = moves.case_of(story, with_its="allocation")
    yield from _visits(story, allocated["allocation"]["social_worker"])


def _wait_until_opened(story: Story) -> Steps:
    for _ in range(LOOKS):
        if story.client.get(MANAGER, f"/strategy/api/cases/{story.ref}") is not None:
            return
        yield False
    raise LeftStanding(f"{story.ref}: not opened while the run lasted")


def _call_and_lead(story: Story) -> Steps:
    chance = story.chance
    yield from story.do(partial(moves.call_meeting, story))
    if chance.random() < 0.12:
        yield from story.do(partial(moves.override, story))
    if chance.random() < 0.1:
        yield from story.do(partial(moves.decline, story))
    if chance.random() < 0.9:
        yield from story.do(partial(moves.acknowledge, story))


def _visits(story: Story, visitor: str) -> Steps:
    for child in moves.case_of(story)["children"]:
        attempt = partial(moves.attempt_visit, story, child["child"], visitor)
        while story.chance.random() < 0.25:
            yield from story.do(attempt)
        if story.chance.random() < 0.93:
            yield from story.do(partial(moves.see_child, story, child, visitor))
