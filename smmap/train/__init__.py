"""Makes model packages: the physics model from a simulated database."""
