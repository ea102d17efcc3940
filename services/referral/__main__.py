"""`python -m services.referral web | work | indexes`."""

from services.referral.app import build
from shared.run import main

if __name__ == "__main__":
    main("referral", build)
