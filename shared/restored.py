"""The mark of a restored service: it stays closed until it has healed (DECISIONS 23).

A restore writes the mark before anything else, in the service's own database; healing opens it
again. Until then the web process answers 503 at every door but those that healing needs, and the
worker does nothing but heal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pymongo.database import Database

from shared.database import durable
from shared.healing import Report
from shared.rules import RuleBroken
from shared.states import to_stored

KEY: Final = {"_id": "restore"}


class Phase(StrEnum):
    """How far a restore has come."""

    FILLING = "filling"
    """It has not ended: there is nothing yet that could heal."""
    UNHEALED = "unhealed"
    """All of the back-up is there; what came after it is still to be asked for."""
    OPEN = "open"
    """It has healed."""


class RecordWounded(RuleBroken):
    """Others heard events of this record that nobody holds any more, or others than it holds."""

    code = "record-wounded"

    def __init__(self) -> None:
        super().__init__(
            "This record came back from a back-up without events that others have heard, so "
            "nothing can be added to it: they would not hear it. Start a new referral for the "
            "child, and tell whoever looks after the system."
        )


class Mark:
    """The mark of one service."""

    def __init__(self, database: Database[Any]) -> None:
        self._collection = durable(database["restored"])
        self._open = False
        self._wounded: frozenset[str] | None = None

    @property
    def collection(self) -> str:
        """The name of its collection."""
        return self._collection.name

    def phase(self) -> Phase:
        """Return how far the restore has come; OPEN too where there never was one.

        Once open, always open: a service that runs is not restored.
        """
        if not self._open:
            phase = Phase(self.told().get("phase", Phase.OPEN))
            self._open = phase is Phase.OPEN
            return phase
        return Phase.OPEN

    def told(self) -> Mapping[str, Any]:
        """Return what is known of the last restore and its healing; empty where there was none."""
        return self._collection.find_one(KEY) or {}

    def refuse(self, ref: str) -> None:
        """Raise RecordWounded for a record that healing could not make good."""
        if self._wounded is None or ref in self._wounded:
            self._wounded = frozenset(each["ref"] for each in self.told().get("wounds", ()))
        if ref in self._wounded:
            raise RecordWounded

    def begin(self, *, backup: str, at: datetime) -> None:
        """Close the service: it is filled from the back-up that was begun at `backup`."""
        said = {"phase": Phase.FILLING.value, "backup": backup, "at": at}
        self._collection.replace_one(KEY, said, upsert=True)

    def filled(self) -> None:
        """Note that all of the back-up is there."""
        self._collection.update_one(KEY, {"$set": {"phase": Phase.UNHEALED.value}})

    def healed(self, report: Report, *, at: datetime) -> None:
        """Open the service, and note what its healing came to."""
        told = to_stored(report)
        said = {"wounds": told.pop("wounds"), "phase": Phase.OPEN.value, "healed_at": at}
        self._collection.update_one(KEY, {"$set": said, "$inc": told}, upsert=True)
        self._wounded = None
