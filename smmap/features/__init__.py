"""Pure arrays in, arrays out: the quantities that models read, and the card-driven builder."""
