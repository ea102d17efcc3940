"""What every service needs and none owns: the event contract and the plumbing."""
