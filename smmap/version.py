"""Versions: of the code, and of what it writes."""

__version__ = "0.1.0"

PRODUCT_VERSION = "0.1"
"""Part of every fingerprint: changes whenever the same inputs would give other pixels."""
