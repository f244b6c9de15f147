"""Loads, masks and aligns scenes onto a tile's block."""
