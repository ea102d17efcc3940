"""Starts this service: `python -m services.strategy web | work | indexes`."""

from services.strategy.app import build
from shared.run import main

if __name__ == "__main__":
    main("strategy", build)
