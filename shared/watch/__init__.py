"""Being told: what waits and for how long, what is wrong with that, and who has been told of it."""
