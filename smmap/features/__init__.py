"""Pure arrays in, arrays out: physics, indices, filters, scaling, and the builder."""
