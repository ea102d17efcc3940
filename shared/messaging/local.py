"""kombu's transport on local disk, with each message put in place whole.

As shipped, a message's file can be seen before it is written; whoever reads it then loses it. The
feeds would make up for an event, but not for a message that is none.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """Puts a message under its name only when it is complete."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        unfinished = Path(self.data_folder_out, f"{name}.part")
        unfinished.write_text(json.dumps(payload), encoding="utf-8")
        unfinished.replace(Path(self.data_folder_out, name))


class Transport(filesystem.Transport):
    """The transport of the embedded default."""

    Channel = Channel
