"""Single facts of an item; what a provider wrote wrongly is unknown, not an error."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from smmap.catalog.plain_item import AnyItem
from smmap.spec.overpass import OrbitState


def read_number(item: AnyItem, key: str) -> float | None:
    """A finite number, also one that was written as text; None for all else."""
    value = item.properties.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def read_orbit_number(item: AnyItem, key: str) -> int | None:
    """An orbit number; None for 0 and below and for what is no whole number."""
    number = read_number(item, key)
    return int(number) if number is not None and number >= 1 and number.is_integer() else None


def read_relative_orbit(item: AnyItem) -> int | None:
    """``sat:relative_orbit``, else the track that the id of a Sentinel-1 burst begins with."""
    burst = re.search(r"(?<![A-Z0-9])T(\d{3})-\d{6}-IW\d", item.id)
    return read_orbit_number(item, "sat:relative_orbit") or (int(burst[1]) if burst else None)


def read_orbit_state(item: AnyItem) -> OrbitState | None:
    """Direction of the pass from ``sat:orbit_state``, in any case; None if it is no direction."""
    states: dict[str, OrbitState] = {"ascending": "ascending", "descending": "descending"}
    return states.get(str(item.properties.get("sat:orbit_state")).strip().lower())


def get_updated(item: AnyItem) -> datetime:
    """When the item last changed: ``updated``, else ``created``, else the year 1."""
    for key in ("updated", "created"):
        try:
            moment = datetime.fromisoformat(str(item.properties.get(key)))
        except ValueError:
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return datetime.min.replace(tzinfo=UTC)


def find_platform(item: AnyItem) -> str:
    """``sentinel-1a`` for all its spellings, by property or id; else what the item says."""
    stated = str(item.properties.get("platform") or "").lower()
    for text in (stated, item.id.lower()):
        match = re.search(r"(?<![a-z0-9])s(?:entinel[-_ ]?)?1([a-d])(?![a-z0-9])", text)
        if match:
            return f"sentinel-1{match[1]}"
    return stated or "unknown"
