"""Samples: readings of stations beside a model's inputs at every overpass, made as for maps."""
