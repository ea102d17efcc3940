"""The door of the metrics: what a scrape of one service reads, with the service token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pymongo
from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pymongo.errors import PyMongoError

from shared.auth import requires
from shared.events.codes import Role
from shared.watch.alarms import alarms_of
from shared.watch.metrics import Sample, exposition

if TYPE_CHECKING:
    from shared.plumbing import Plumbing

PATIENCE_SECONDS: Final = 5
"""A scrape gives up after ten seconds; by then it is said that the store is away."""


def metrics(plumbing: Plumbing) -> Blueprint:
    """Return the door of the metrics."""
    name = plumbing.service.name
    blueprint = Blueprint("metrics", __name__, url_prefix=f"/{name}/metrics")

    @blueprint.get("")
    @requires(Role.SERVICE, Role.ADMINISTRATOR)
    def scrape() -> Response:
        """Every reading, count and alarm of this service, in the format of Prometheus."""
        return Response(exposition(_sample(plumbing)), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def _sample(plumbing: Plumbing) -> Sample:
    watch, service = plumbing.watch, plumbing.service.name
    try:
        with pymongo.timeout(PATIENCE_SECONDS):
            readings = watch.gauges.read()
            return Sample(
                service=service,
                store_up=True,
                readings=readings,
                alarms=alarms_of(readings),
                looks=tuple(watch.abreast.seen()),
                totals=watch.heartbeats.totals(),
            )
    except PyMongoError:
        return Sample(service=service, store_up=False)
