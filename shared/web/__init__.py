"""The web door that every service has in common."""

from shared.web.factory import create_web

__all__ = ["create_web"]
