"""How good predictions are: splits that do not flatter, scores with their intervals."""
