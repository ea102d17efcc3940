"""Threshold decisions on referrals that wait for one: ours, and with bare pymongo the very same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.collection import Collection

from benchmarks import made
from benchmarks.harness import must_be, stopwatch
from benchmarks.parts import DURABLE, Bench
from services.referral.app import build, read_guidance
from services.referral.documents import ReferralDocument
from services.referral.domain.commands import DecideThreshold
from services.referral.domain.referral import Referral
from services.referral.handlers import decide_threshold
from shared.clock import SystemClock
from shared.database import collection_of
from shared.events.codes import ThresholdOutcome
from shared.plumbing import plumb
from shared.run import settle_memory
from shared.store import Roots
from tests.builders import a_decision

READ: Final = {"version": 1, "state": 1, "heard": 1, "events": {"$slice": -1}}
"""What a decision needs of a referral: not its history. Ours reads no more."""
GUIDANCE: Final = read_guidance()


def command_for(ref: str) -> DecideThreshold:
    """Return a decision for a strategy meeting."""
    told = {**a_decision(), "guidance_version": GUIDANCE[-1].version}
    return DecideThreshold(ref=ref, **{**told, "outcome": ThresholdOutcome(told["outcome"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Referrals that wait for a decision, as often as they are asked for."""

    roots: Roots[Referral]
    refs: Sequence[str]
    documents: Sequence[dict[str, Any]]
    updates: Mapping[str, Mapping[str, Any]]
    """What the decision of each writes: for bare pymongo, which decides nothing."""
    bare: Collection[dict[str, Any]]

    def again(self) -> None:
        """Put every referral back to where it waits."""
        self.bare.delete_many({})
        self.bare.insert_many(self.documents, ordered=False)

    def timed(self, refs: Sequence[str], work: Callable[[], None]) -> Mapping[str, float]:
        """Do the work on referrals that wait; return the decisions a second."""
        self.again()
        # As every process of the product does, and so for all: ours makes the most objects, and
        # would have the collector look at the documents of the measurement again and again.
        settle_memory()
        with stopwatch() as watch:
            work()
        must_be(self.bare.count_documents({"version": 2}), len(refs), "decisions stored")
        must_be(self.bare.count_documents({"events.1": {"$exists": True}}), len(refs), "events")
        return {"rate": len(refs) / watch.seconds}

    def decide(self, ref: str) -> None:
        """Decide as a form or a call does: through the handler."""
        decide_threshold(command_for(ref), referrals=self.roots, guidance=GUIDANCE, by=made.DECIDER)

    def decide_bare(self, ref: str) -> None:
        """Find and update one document on condition of its version."""
        found = self.bare.find_one({"_id": ref}, READ)
        if found is not None:
            condition = {"_id": ref, "version": found["version"]}
            self.bare.update_one(condition, self.updates[ref])

    def decide_bare_many(self, refs: Sequence[str]) -> None:
        """Find some hundred documents, and update them in one unordered bulk of conditions."""
        found = {each["_id"]: each for each in self.bare.find({"_id": {"$in": refs}}, READ)}
        self.bare.bulk_write(
            [
                UpdateOne({"_id": ref, "version": found[ref]["version"]}, self.updates[ref])
                for ref in refs
            ],
            ordered=False,
        )


def waiting(bench: Bench, count: int, client: Any) -> Waiting:
    """Receive referrals, keep them as they wait, and learn what a decision of each writes."""
    bench.clear()
    plumbing = plumb(build(bench.settings(), SystemClock()))
    plumbing.ensure_indexes()
    roots: Roots[Referral] = plumbing.service.roots
    refs = made.referrals(roots, count)
    kept = collection_of(ReferralDocument)
    documents = list(kept.find({}))
    bare = client[kept.database.name][kept.name].with_options(write_concern=DURABLE)
    ready = Waiting(roots=roots, refs=refs, documents=documents, updates={}, bare=bare)
    for ref in refs:
        ready.decide(ref)
    updates = {each["_id"]: _update(each) for each in kept.find({"version": 2})}
    must_be(len(updates), count, "decisions stored")
    return Waiting(roots=roots, refs=refs, documents=documents, updates=updates, bare=bare)


def _update(decided: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "$set": {
            "version": decided["version"],
            "state": decided["state"],
            "changed_at": decided["changed_at"],
        },
        "$min": {"unpublished_since": decided["unpublished_since"]},
        "$push": {"events": {"$each": [decided["events"][-1]]}},
    }
