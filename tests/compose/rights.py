"""Tries, with audit's own accounts, what they must not be able to do. Exits 1 if any of it works.

compose-test.sh runs it inside audit's container:  python - <tests/compose/rights.py
"""

# ruff: noqa: TID251
# It stands in for a service that was taken over: it uses what the container was given.

import os
import sys
from collections.abc import Callable, Iterator, Mapping

import pika
import pymongo
from pika.exceptions import ChannelClosedByBroker
from pymongo.errors import OperationFailure

UNAUTHORIZED = 13
ACCESS_REFUSED = 403

store = pymongo.MongoClient(os.environ["MONGO_URL"])
record = store["golden_thread_audit"]
broker = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))


def forbidden_at_the_store() -> Mapping[str, Callable[[], object]]:
    entries = record["entries"]
    change = {"$set": {"actor": "someone-else"}}
    return {
        "change an entry": lambda: entries.update_one({}, change),
        "change many entries": lambda: entries.update_many({}, change),
        "replace an entry": lambda: entries.replace_one({}, {}),
        "find and change an entry": lambda: entries.find_one_and_update({}, change),
        "delete an entry": lambda: entries.delete_one({}),
        "drop the entries": entries.drop,
        "rename the entries": lambda: entries.rename("other"),
        "loosen the entries": lambda: record.command("collMod", "entries", validator={}),
        "overwrite by $out": lambda: list(record["cases"].aggregate([{"$out": "entries"}])),
        "overwrite by $merge": lambda: list(
            record["cases"].aggregate([{"$merge": {"into": "entries"}}])
        ),
        "drop the database": lambda: store.drop_database(record.name),
        "read referral's records": store["golden_thread_referral"]["referrals"].find_one,
        "write strategy's records": lambda: store["golden_thread_strategy"]["cases"].insert_one({}),
        "make itself a user": lambda: record.command("createUser", "x", pwd="x", roles=["root"]),
    }


def forbidden_at_the_broker() -> Mapping[str, Callable[[pika.channel.Channel], object]]:
    return {
        "take strategy's messages": lambda it: it.basic_get("strategy.events"),
        "empty strategy's queue": lambda it: it.queue_purge("strategy.events"),
        "delete the exchange of another": lambda it: it.exchange_delete("strategy.parked"),
        "write into a queue directly": lambda it: publish(it, "", "strategy.events"),
        "speak as referral": lambda it: publish(it, "safeguarding.events", "referral.received"),
    }


def publish(channel: pika.channel.Channel, exchange: str, key: str) -> None:
    channel.confirm_delivery()
    channel.basic_publish(exchange, key, b"{}")


def what_worked() -> Iterator[str]:
    for what, attempt in forbidden_at_the_store().items():
        try:
            attempt()
        except OperationFailure as fault:
            if fault.code == UNAUTHORIZED:
                continue
        yield what
    for what, try_on in forbidden_at_the_broker().items():
        try:
            try_on(broker.channel())
        except ChannelClosedByBroker as fault:
            if fault.reply_code == ACCESS_REFUSED:
                continue
        yield what


def main() -> None:
    tried = len(forbidden_at_the_store()) + len(forbidden_at_the_broker())
    worked = list(what_worked())
    for what in worked:
        sys.stderr.write(
            f"audit's account could do this, or it failed for another reason: {what}\n"
        )
    sys.stdout.write(f"{tried - len(worked)} of {tried} forbidden acts were refused\n")
    sys.exit(bool(worked))


main()
