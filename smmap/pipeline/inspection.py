"""What smmap makes of one scene's item: which definition applies, and every band's numbers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlparse

import pystac

from smmap.catalog.bands import find_obstacle, has_band, resolve_bands
from smmap.catalog.candidate import read_candidate
from smmap.catalog.definitions import list_definitions, load_definition
from smmap.catalog.footprint import compute_time
from smmap.catalog.selection import has_properties
from smmap.spec.definition import Definition
from smmap.spec.errors import ConfigError, SceneError, SmmapError
from smmap.store.fetch import read_small_file


def inspect_item(href: str, definition: str | None = None) -> dict[str, Any]:
    """The definition that applies, and each canonical band with href, units, scale and offset.

    Parameters
    ----------
    href
        File or address of the item.
    definition
        Name of the definition to apply; None: the first one that fits its collection, its
        provider and its bands.

    Raises
    ------
    ConfigError
        If no definition fits; the message says why each did not.
    """
    try:
        item = pystac.Item.from_dict(json.loads(read_small_file(href)), href=href)
    except (
        *(ValueError, LookupError, TypeError, AttributeError),
        *(pystac.STACError, pystac.STACTypeError),
    ) as error:
        reason = str(error)
    else:
        return _describe(item, definition)
    raise ConfigError(f"{href} is no STAC item ({reason})")


def _describe(item: pystac.Item, name: str | None) -> dict[str, Any]:
    names = [name] if name else list_definitions()
    refused = {}
    for one in sorted((load_definition(name) for name in names), key=_own_first(item)):
        try:
            return _describe_as(item, one, forced=name is not None)
        except SmmapError as error:
            refused[one.id] = str(error)
    told = "; ".join(f"{key}: {reason}" for key, reason in refused.items())
    raise ConfigError(f"no catalogue definition fits item {item.id} ({told})")


def _own_first(item: pystac.Item) -> Any:
    """Definitions of the item's own provider first, then for local data; best served first."""
    text = json.dumps(item.to_dict(include_self_link=True, transform_hrefs=False))

    def rank(definition: Definition) -> tuple[int, int, str]:
        host = urlparse(definition.endpoint or "").hostname
        keys = {key for band in definition.bands.values() for key in band.assets}
        served = len(keys.union(definition.annotations) & set(item.assets))
        whose = 1 if host is None else 0 if host in text else 2
        return whose, -served, definition.id

    return rank


def _describe_as(item: pystac.Item, definition: Definition, *, forced: bool) -> dict[str, Any]:
    if not forced and item.collection_id not in (None, *definition.collections):
        raise SceneError(f"collection '{item.collection_id}' is not one of its own")
    if not forced and not has_properties(item, definition):
        raise SceneError(f"it is not what it asks for: {definition.query}")
    served = [name for name in definition.bands if has_band(item, definition, name)]
    if not served:
        raise SceneError("none of its bands is served")
    bands = resolve_bands(item, definition, served)
    radiometry = definition.radiometry
    obstacle = find_obstacle(read_candidate(item, item), definition, ())
    return {
        "item": item.id,
        "definition": definition.id,
        **({"not usable": obstacle} if obstacle else {}),
        "acquired": compute_time(item)[1].isoformat(),
        "orbit": {
            key: item.properties.get(f"sat:{key}")
            for key in ("orbit_state", "relative_orbit", "absolute_orbit")
        },
        "radiometry": radiometry and f"{radiometry.quantity}, {radiometry.surface}",
        "bands": {
            key: {
                "href": band.href,
                "units": band.units,
                "scale": band.scale,
                "offset": band.offset,
                "nodata": band.nodata,
            }
            | ({"planck": band.planck} if band.planck else {})
            for key, band in bands.items()
        },
    }
