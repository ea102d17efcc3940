"""Runs audit: `python -m services.audit web | work | indexes`."""

from services.audit.app import build
from shared.run import main

if __name__ == "__main__":
    main("audit", build)
