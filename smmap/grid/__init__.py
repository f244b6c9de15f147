"""Named grids and their tiles."""
