"""A forward-modelled world with known soil moisture."""
