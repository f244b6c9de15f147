"""Single facts of an item; what a provider wrote wrongly is unknown, not an error."""

from __future__ import annotations

import math

import pystac

from smmap.spec.overpass import OrbitState


def read_number(item: pystac.Item, key: str) -> float | None:
    """A finite number, also one that was written as text; None for all else."""
    value = item.properties.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def read_orbit_number(item: pystac.Item, key: str) -> int | None:
    """An orbit number; None for 0 and below and for what is no whole number."""
    number = read_number(item, key)
    return int(number) if number is not None and number >= 1 and number.is_integer() else None


def read_orbit_state(item: pystac.Item) -> OrbitState | None:
    """Direction of the pass from ``sat:orbit_state``, in any case; None if it is no direction."""
    states: dict[str, OrbitState] = {"ascending": "ascending", "descending": "descending"}
    return states.get(str(item.properties.get("sat:orbit_state")).strip().lower())
