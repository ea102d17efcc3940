"""What the product is measured beside: each in an environment of its own, from a locked file."""
