"""The web process of the embedded system: every service behind one address, by first path segment.

Each service's application knows its own full addresses, so nothing is cut off: a reverse proxy in
front of separate processes forwards exactly the same way.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import TYPE_CHECKING, Final

from werkzeug.utils import redirect

from shared import logs
from shared.mash.roster import FIRST, composition_root, service_names
from shared.plumbing import plumb
from shared.run import clock_of, web_app
from shared.serving import serve
from shared.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS: Final = 12


class ByFirstSegment:
    """Hands a request to the application that its path begins with."""

    def __init__(self, applications: Mapping[str, WSGIApplication], *, first: str) -> None:
        self.applications = applications
        self.first = first

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or hand on, one request."""
        segment = environ.get("PATH_INFO", "").lstrip("/").split("/", 1)[0]
        application = self.applications.get(segment)
        if application is None and segment == "":
            application = redirect(f"/{self.first}/")
        if application is None:  # nobody's address: answered as a missing page of the first
            application = self.applications[self.first]
        return application(environ, start_response)


def build(settings: Settings) -> ByFirstSegment:
    """Return the one application of the embedded system."""
    names = service_names()
    clock = clock_of(settings)
    services = {name: composition_root(name).build(settings, clock) for name in names}
    applications = {name: web_app(plumb(each)) for name, each in services.items()}
    return ByFirstSegment(applications, first=FIRST if FIRST in services else names[0])


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> None:
    """Serve until told to stop."""
    signal.signal(signal.SIGTERM, _leave)
    settings = Settings.from_env()
    logs.set_up("all", "web", settings.log_level)
    application = build(settings)
    serve(application, host=settings.bind_host, port=settings.port, threads=THREADS)


if __name__ == "__main__":
    main()
