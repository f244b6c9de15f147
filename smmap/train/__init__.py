"""Makes model packages: from tables of samples, and the physics model from a simulated database."""
