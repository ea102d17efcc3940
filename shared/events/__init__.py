"""The event contract: what the services tell one another, and nothing else they share."""
