"""What is kept of another service's streams, for that service to heal from after a restore."""

from __future__ import annotations

from collections.abc import Sequence

from services.audit.documents import EntryDocument, streams_beyond
from services.audit.domain.archive import Archive
from shared.database import collection_of
from shared.events.envelope import Envelope
from shared.healing import Copy


class Copies:
    """Every event of every service, as it was sealed."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def heads(self, service: str, *, after_ref: str, most: int) -> list[Copy]:
        """Return the last event that is kept of each stream of a service, by reference."""
        found = collection_of(EntryDocument).aggregate(
            [
                {"$match": {"stream": streams_beyond(f"/{service}", after_ref)}},
                {"$sort": {"stream": 1, "sequence": 1}},
                {
                    "$group": {
                        "_id": "$stream",
                        "ref": {"$last": "$case"},
                        "sequence": {"$last": "$sequence"},
                        "hash": {"$last": "$event.hash"},
                    }
                },
                {"$sort": {"_id": 1}},
                {"$limit": most},
            ],
            allowDiskUse=True,
        )
        return [
            Copy(ref=each["ref"], sequence=each["sequence"], hash=each["hash"]) for each in found
        ]

    def of_case(self, ref: str) -> Sequence[Envelope]:
        """Return every event of a case."""
        return self._archive.entries_of_case(ref)
