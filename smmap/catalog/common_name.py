"""Whether an asset's own word on its colour contradicts the name under which it is found."""

from __future__ import annotations

from typing import Any

import pystac

from smmap.catalog.scaling import find_holders
from smmap.spec.errors import SceneError

_COLOURS: dict[str, tuple[str, ...]] = {
    "blue": ("blue",),
    "green": ("green",),
    "red": ("red",),
    "nir": ("nir", "nir08"),
    "swir16": ("swir16",),
    "swir22": ("swir22",),
}
"""Band -> common names of the STAC extension ``eo`` that it may have. What else there is, providers
name in ways of their own."""
_KNOWN = frozenset(one for names in _COLOURS.values() for one in names)


def check_common_name(asset: pystac.Asset, name: str, index: int) -> None:
    """Refuse an asset that says it holds another colour: a provider may have renamed its assets.

    Raises
    ------
    SceneError
        If it does.
    """
    for holder in find_holders(asset, index, ("eo:bands", "bands")):
        said: Any = holder.get("eo:common_name", holder.get("common_name"))
        if said in _KNOWN and name in _COLOURS and said not in _COLOURS[name]:
            raise SceneError(
                f"{asset.href}: is taken for '{name}', but its item says '{said}'; correct the "
                "item, or the definition's assets"
            )
