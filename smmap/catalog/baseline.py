"""By which version of ESA's processor a Sentinel-2 scene was made, as its item says."""

from __future__ import annotations

import re

from smmap.catalog.facts import read_number
from smmap.catalog.plain_item import AnyItem
from smmap.spec.errors import SceneError

_STATED = (
    "s2:processing_baseline",
    "sentinel:processing_baseline",
    "sentinel2:processing_baseline",
    "processing:version",
)
_NAMES = ("s2:product_uri", "sentinel:product_id")
_NAMED = re.compile(r"S2[A-D]_MSIL(?:1C|2A)_\d{8}T\d{6}_N(\d{4})_")
_WRITTEN = re.compile(r"\s*N?(\d\d)\.?(\d\d)\s*")
_OWN = 90.0
"""From here on nobody's but Sen2Cor's own when it is run by others than ESA (99.99, 99.33): it
takes over whatever offset level 1C had, and does not say."""
_SAME = 1e-6


def find_baseline(item: AnyItem) -> float | None:
    """Sentinel-2's processing baseline as a number: '05.09', 'N0509' and 'N05.09' are 5.09.

    From ``s2:processing_baseline``, its older prefixes, ``processing:version`` as the Copernicus
    Data Space has it, or ESA's name of the product, in the item's properties or its id.

    Returns
    -------
    float or None
        None where it is not said, or is none of ESA's (99.99): both tell nothing of the offset.

    Raises
    ------
    SceneError
        If what is said is no number, or other than the product's name says.
    """
    stated = _read_stated(item)
    named = _read_named(item)
    if stated is not None and named is not None and abs(stated - named) > _SAME:
        raise SceneError(
            f"item {item.id}: states processing baseline {stated:05.2f}, but its product is named "
            f"as of {named:05.2f}; correct the item"
        )
    found = named if stated is None else stated
    return None if found is None or found >= _OWN else found


def _read_stated(item: AnyItem) -> float | None:
    for key in _STATED:
        value = item.properties.get(key)
        if value is None:
            continue
        digits = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
        number = int(digits[1] + digits[2]) / 100 if digits else read_number(item, key)
        if number is None:
            raise SceneError(f"item {item.id}: {key} is no number: {value!r}")
        return number
    return None


def _read_named(item: AnyItem) -> float | None:
    for name in (*(str(item.properties.get(key)) for key in _NAMES), item.id):
        found = _NAMED.search(name)
        if found:
            return int(found[1]) / 100
    return None
