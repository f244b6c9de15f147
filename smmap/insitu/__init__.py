"""Readers of soil moisture measured in the ground: station archives, reports, tables."""
