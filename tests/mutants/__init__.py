"""Mutants: the product with one guard taken away, each of which a test must notice."""
