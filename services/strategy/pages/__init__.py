"""The pages of this service, one module a journey."""

from services.strategy.pages import allocate, case, directory, lead, meeting, visits, worklists
from services.strategy.pages.base import blueprint

__all__ = [
    "allocate",
    "blueprint",
    "case",
    "directory",
    "lead",
    "meeting",
    "visits",
    "worklists",
]
