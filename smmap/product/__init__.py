"""Pure: quality bits, applicability, packing, names and item metadata."""
