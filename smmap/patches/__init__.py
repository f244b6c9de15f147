"""A store of patches: images around stations with what was measured there, in Zarr."""
