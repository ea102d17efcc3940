"""The mark of a restored service: it stays closed until it has healed (DECISIONS 23).

A restore writes the mark before anything else, in the service's own database; healing takes it
away. While it is there, the web process answers 503 at every door but those that healing needs,
and the worker does nothing but heal.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo.database import Database

from shared.database import durable

KEY = {"_id": "restore"}


class Phase(StrEnum):
    """How far a restore has come."""

    FILLING = "filling"
    """It has not ended: there is nothing yet that could heal."""
    UNHEALED = "unhealed"
    """All of the back-up is there; what came after it is still to be asked for."""


class Mark:
    """The mark of one service."""

    def __init__(self, database: Database[Any]) -> None:
        self._collection = durable(database["restored"])
        self._open = False

    @property
    def collection(self) -> str:
        """The name of its collection."""
        return self._collection.name

    def phase(self) -> Phase | None:
        """Return how far the restore has come; None when the service is open.

        Once open, always open: a service that runs is not restored.
        """
        if self._open:
            return None
        found = self._collection.find_one(KEY)
        self._open = found is None
        return Phase(found["phase"]) if found else None

    def begin(self, *, backup: str, at: datetime) -> None:
        """Close the service: it is filled from the back-up that was begun at `backup`."""
        said = {"phase": Phase.FILLING.value, "backup": backup, "at": at}
        self._collection.update_one(KEY, {"$set": said}, upsert=True)

    def filled(self) -> None:
        """Note that all of the back-up is there."""
        self._collection.update_one(KEY, {"$set": {"phase": Phase.UNHEALED.value}})

    def take_away(self) -> None:
        """Open the service."""
        self._collection.delete_one(KEY)
