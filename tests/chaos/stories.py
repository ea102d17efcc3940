"""The first half of a story: a referral is sent, matched, decided, and its referrer told.

A step is a generator: whoever plays it may play other stories in between, so a case that waits for
its event to arrive holds nobody up. It yields whether anything was done.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from shared.mash.demo.forms import Form, FormDiffers, Page
from tests.builders import feedback_given
from tests.chaos.answers import (
    says_decision,
    says_referral,
    some_decision,
    some_referral,
    spoilt,
    whole_minutes,
)
from tests.chaos.asking import (
    MANAGER,
    OUT_OF_STEP,
    PRACTITIONER,
    SENDER,
    TRIES,
    Ask,
    LeftStanding,
    Office,
    Steps,
    excused_by_the_clock,
)
from tests.chaos.ledger import Cause, Command
from tests.chaos.patience import Refused, ToldBoth
from tests.chaos.people import Client, as_on_the_wall


@dataclass
class Story:
    """One case on its way."""

    client: Client
    chance: random.Random
    office: Office
    known: list[tuple[str, list[str]]]
    """Earlier cases of this client with their children, for a child who is known already."""
    ref: str = ""
    children: list[str] = field(default_factory=list)
    referral: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] = field(default_factory=dict)

    def receive(self) -> Steps:
        """Send the referral."""
        with excused_by_the_clock(self.client.now):
            yield from self._receive()

    def _receive(self) -> Steps:
        """Send the referral, perhaps after a slip of the pen, perhaps twice at once."""
        body = self.referral = some_referral(self.chance, self.client.now())
        if self.chance.random() < 0.12:
            self._slip(body)
            yield True
        copies = self.chance.choice((1, 1, 1, 1, 1, 2, 4))
        if self.chance.random() < 0.35:
            self._receive_by_form(body, copies)
        else:
            told = self.client.call(
                "/referral/api/referrals", body, self._received("api", body), copies=copies
            )
            self.ref, self.children = told["reference"], told["children"]
            if self.chance.random() < 0.06:
                self._other_body_same_id(body)
        if not self.children:
            shown = self.client.get(MANAGER, f"/referral/api/referrals/{self.ref}")
            self.children = [each["reference"] for each in shown["children"]]
        self.known.append((self.ref, self.children))
        del self.known[:-20]
        yield True

    def match(self) -> Steps:
        """A practitioner confirms that a child is one of an earlier case."""
        case, children = self.chance.choice(self.known)
        if case == self.ref:
            return
        body = {"child": self.children[0], "known_child": children[0], "known_case": case}
        ask = Ask(
            what="match",
            person=PRACTITIONER,
            path=f"/referral/api/referrals/{self.ref}/matches",
            body=body,
            causes=[Cause(type="referral.child-matched", says=body)],
        )
        yield from self.do(lambda: ask)

    def decide(self) -> Steps:
        """The MASH manager decides; sometimes the click is a double one."""
        decision = self.decision = some_decision(self.chance, self.referral)
        ask = Ask(
            what="decide",
            person=MANAGER,
            path=f"/referral/api/referrals/{self.ref}/decision",
            body=decision,
            causes=[Cause(type="referral.threshold-decided", says=says_decision(decision))],
            page=f"/referral/referrals/{self.ref}/decision",
            typed=decision,
            find=lambda page: page.form_with("outcome", "rationale"),
        )

        def stands() -> bool:
            shown = self.client.get(MANAGER, ask.path.removesuffix("/decision"))
            return bool(shown and shown["outcome"] == decision["outcome"])

        yield from self.do(lambda: ask, stands=stands)

    def inform(self) -> Steps:
        """The referrer is told; where nobody can be, the system says so."""
        if self.referral.get("anonymous"):
            return
        yield from self.do(self._feedback, stands=self._is_informed)

    def do(
        self,
        plan: Callable[[], Ask],
        *,
        stands: Callable[[], bool] | None = None,
    ) -> Steps:
        """Ask until it is done, sometimes by a double click.

        After a no it is planned anew, from what then stands. A try whose answer was lost may have
        been done after all, however late: then the story ends without a fault.
        """
        lost, why = False, Exception("nothing was tried")
        for number in range(TRIES):
            ask = plan()
            copies = self.chance.choice((1, 1, 1, 1, 1, 1, 1, 2))
            # What a form was told no about is tried again as JSON, which says exact times.
            by_form = bool(ask.page) and not number and self.chance.random() < 0.35
            try:
                with excused_by_the_clock(self.client.now, of=(ToldBoth,)):
                    self._once(ask, by_form=by_form, stands=stands, copies=copies)
            except (Refused, FormDiffers) as no:
                yield True
                why, lost = no, lost or getattr(no, "lost", False)
            else:
                yield True
                return
        if lost or (isinstance(why, Refused) and why.code in OUT_OF_STEP):
            raise LeftStanding(str(why))
        raise why

    def _once(
        self, ask: Ask, *, by_form: bool, stands: Callable[[], bool] | None, copies: int
    ) -> None:
        causes = (ask.causes_of_page or ask.causes) if by_form else ask.causes

        def asked(key: str) -> Command:
            return Command(
                key=key,
                what=ask.what,
                person=ask.person,
                door="page" if by_form else "api",
                ref=self.ref,
                causes=causes,
            )

        if by_form and ask.find:
            find = ask.find
            self.client.fill(ask.page, ask.typed, asked, find=find, stands=stands, copies=copies)
        else:
            self.client.call(ask.path, ask.body, asked, stands=stands, copies=copies)

    def _received(self, door: str, body: dict[str, Any]) -> Callable[[str], Command]:
        cause = Cause(type="referral.received", says=says_referral(body, door))
        return lambda key: Command(
            key=key, what="receive", person=SENDER, door=door, causes=[cause]
        )

    def _receive_by_form(self, body: dict[str, Any], copies: int) -> None:
        kind = "urgent" if body["urgent"] else "full"
        children = [
            {name: value for name, value in each.items() if value is not None}
            for each in body["children"]
        ]
        typed = {name: body[name] for name in body.keys() - {"submission_id", "urgent"}}
        typed["children"] = children
        if "asked_when" in typed:
            at = whole_minutes(self.client.now() - timedelta(hours=26))
            typed["asked_when"] = as_on_the_wall(at)

        def find(page: Page) -> Form:
            form = page.form_with("submission_id", "worry_text")
            for told in range(1, len(children)):
                button = next(each for each in form.buttons if each[0] == "add_child")
                so_far = {"children": children[:told]}
                page = self.client.press(SENDER, form, so_far, button)
                form = page.form_with("submission_id")
            return form

        where = f"/referral/referrals/new/{kind}?danger={body['immediate_danger']}"
        asked = self._received("page", body)
        there = self.client.fill(where, typed, asked, find=find, copies=copies)
        self.ref = there.split("/")[3]

    def _slip(self, body: dict[str, Any]) -> None:
        wrong = spoilt(self.chance, {**body, "submission_id": str(uuid4())})
        self._must_be_refused("spoilt referral", wrong)

    def _other_body_same_id(self, body: dict[str, Any]) -> None:
        """The same submission id with another body is refused, and changes nothing."""
        other = {**body, "where_child_now": "Somewhere else altogether"}
        self._must_be_refused("another body under a used id", other)

    def _must_be_refused(self, what: str, body: dict[str, Any]) -> None:
        def asked(_: str) -> Command:
            # A key of its own: the book of the true submission must not be closed by this one.
            return Command(key=str(uuid4()), what=what, person=SENDER, door="api", causes=())

        try:
            self.client.call("/referral/api/referrals", body, asked)
        except Refused:
            return
        raise AssertionError(f"{what} was taken")

    def _feedback(self) -> Ask:
        now = self.client.now()
        at = now.isoformat(timespec="milliseconds")
        body = feedback_given(informed_at=at)
        minute = whole_minutes(now)
        says = {"informed_by": body["informed_by"]}
        return Ask(
            what="inform",
            person=PRACTITIONER,
            path=f"/referral/api/referrals/{self.ref}/feedback",
            body=body,
            causes=[Cause(type="referral.referrer-informed", says=says, occurred_at=at)],
            page=f"/referral/referrals/{self.ref}/feedback",
            typed={**body, "informed_at": as_on_the_wall(now)},
            causes_of_page=[
                Cause(type="referral.referrer-informed", says=says, occurred_at=minute.isoformat())
            ],
            find=lambda page: page.form_with("informed_by"),
        )

    def _is_informed(self) -> bool:
        shown = self.client.get(MANAGER, f"/referral/api/referrals/{self.ref}")
        return bool(shown and shown["informed_at"])
