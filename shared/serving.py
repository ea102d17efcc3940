"""The web server of a service: waitress, with a limit to how many requests may wait for it.

It holds thousands of open connections; beyond what it can answer within seconds it says so with a
429 and Retry-After (shared/web/busy.py), rather than let everybody wait until they give up.
"""

from __future__ import annotations

import logging
import resource
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

import waitress

from shared.web.busy import BUSY

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

MOST_CONNECTIONS: Final = 12_000
MOST_WAITING: Final = 200
"""Requests that wait for a thread: what a process answers in two to four seconds."""
LARGEST_BODY: Final = 4 * 1024 * 1024
"""Bytes. The applications word their own, smaller limits; beyond this nobody listens."""
KEPT_IN_MEMORY: Final = 32 * 1024
"""Bytes of one request's body; the rest waits on disk, so that ten thousand of them fit."""
TURN: Final = 0.001
"""Seconds for which a thread computes while another waits to; Python's own are 0.005. A page waits
for its turn after every read, and beside two bulks of an import took twice as long for it."""
FILES_BESIDE: Final = 256
"""Open files that are no connection of a caller: the store, the broker, logs."""


class Gate:
    """Marks the requests for which there is no room, and hands all of them on."""

    def __init__(self, application: WSGIApplication, waiting: Callable[[], int]) -> None:
        self._application = application
        self._waiting = waiting

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Hand on one request."""
        environ[BUSY] = self._waiting() > MOST_WAITING
        return self._application(environ, start_response)


def serve(application: WSGIApplication, *, host: str, port: int, threads: int) -> None:
    """Serve until the process is told to stop."""
    sys.setswitchinterval(TURN)
    # waitress speaks of every request that waits; the limit is what is worth a word.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    gate = Gate(application, lambda: len(server.task_dispatcher.queue))
    server = waitress.create_server(
        gate,
        host=host,
        port=port,
        threads=threads,
        ident=None,
        backlog=4096,
        connection_limit=_connections(),
        asyncore_use_poll=True,
        max_request_body_size=LARGEST_BODY,
        inbuf_overflow=KEPT_IN_MEMORY,
    )
    server.run()


def _connections() -> int:
    """Allow this process as many open files as it may have; return how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + FILES_BESIDE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft < wanted:
        log.warning("fewer connections than usual", extra={"open_files": soft})
    return min(MOST_CONNECTIONS, soft - FILES_BESIDE)
