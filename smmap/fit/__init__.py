"""Fits the members of models: forests, boosted trees, support vectors, networks."""
