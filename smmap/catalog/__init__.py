"""Finds scenes: one kind of catalogue a file, one definition a collection."""
