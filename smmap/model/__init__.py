"""Reads a model package, opens its engine, predicts in chunks."""
