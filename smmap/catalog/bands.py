"""From an item's assets to canonical bands: scale and offset decided here, exactly once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pystac

from smmap.catalog.candidate import Candidate
from smmap.catalog.facts import read_number
from smmap.catalog.place import find_place, note_together
from smmap.spec.band import Band, Reader
from smmap.spec.definition import BandDefinition, Definition, OffsetRule
from smmap.spec.errors import ConfigError, SceneError

OFFSET_BASELINE = 4.0
"""From this processing baseline on, Sentinel-2 numbers carry an offset (ESA, January 2022)."""
OFFSET_DN = -1000.0
"""BOA_ADD_OFFSET: to be added to the stored number before scaling."""
APPLIED = "earthsearch:boa_offset_applied"
"""Earth Search's property: whether its files had the offset taken out already."""


def resolve_bands(
    item: pystac.Item, definition: Definition, wanted: Iterable[str]
) -> dict[str, Band]:
    """Canonical bands of a scene, ready to be read.

    Parameters
    ----------
    item
        The scene.
    definition
        Of the collection that it came from.
    wanted
        Canonical band names.

    Returns
    -------
    dict of str to Band
        In the order of ``wanted``; absolute addresses, to be signed by whoever opens them.

    Raises
    ------
    ConfigError
        If the definition knows no band of that name.
    SceneError
        If the item lacks an asset or does not say what its numbers mean, or is HH/HV.
    """
    _refuse_hh(item, definition)
    return note_together({name: _resolve(item, definition, name) for name in wanted})


def has_band(item: pystac.Item, definition: Definition, name: str) -> bool:
    """Whether the item has an asset for a band, for those that are optional (``incidence``)."""
    return name in definition.bands and _find_key(item, definition.bands[name]) is not None


def needs_dark_pixel_check(item: pystac.Item, definition: Definition) -> bool:
    """Whether dark pixels must confirm the offset when the scene is read.

    So for ``earth-search`` from baseline 04.00 on, as `APPLIED` is known to be wrong at times;
    also where the baseline is not said. So for ``declared`` where an item states neither its
    baseline nor the offset of all its reflectances: those are taken to have none.
    """
    baseline = _find_baseline(item)
    match _rule(item, definition):
        case "earth-search":
            return baseline is None or baseline >= OFFSET_BASELINE
        case "declared":
            return baseline is None and not _states_offsets(item, definition)
        case _:
            return False


def _states_offsets(item: pystac.Item, definition: Definition) -> bool:
    """Whether every reflectance band that the item has comes with an offset of its own."""
    served = [
        (item.assets[key], band.index)
        for band in definition.bands.values()
        if band.units == "1" and (key := _find_key(item, band))
    ]
    return all("offset" in _find_declared(asset, index) for asset, index in served)


def _resolve(item: pystac.Item, definition: Definition, name: str) -> Band:
    if name not in definition.bands:
        raise ConfigError(
            f"definition '{definition.id}' has no band '{name}'; it has "
            f"{', '.join(definition.bands)}"
        )
    band = definition.bands[name]
    key = _find_key(item, band)
    if key is None:
        raise SceneError(
            f"item {item.id}: no asset for band '{name}' (tried {', '.join(band.assets)}; it has "
            f"{', '.join(item.assets)}); leave the scene out, or add its key to definition "
            f"'{definition.id}'"
        )
    asset = item.assets[key]
    href = asset.get_absolute_href()
    if href is None:
        raise SceneError(f"item {item.id}: address '{asset.href}' of asset '{key}' is relative")
    declared = _find_declared(asset, band.index) if definition.offset_rule == "declared" else {}
    return Band(
        name=name,
        href=href,
        units=band.units,
        scale=declared.get("scale", band.scale),
        offset=_find_offset(item, _rule(item, definition), band, declared.get("offset")),
        nodata=declared.get("nodata") if band.nodata is None else band.nodata,
        index=band.index,
        resampling=band.resampling,
        **find_place(asset, item, definition),
        sign=definition.sign,
        reader=_find_reader(href, definition),
        variable=None if definition.kind.startswith("stac") else key,
    )


def _find_reader(href: str, definition: Definition) -> Reader:
    match definition.kind:
        case "earth-engine" | "zarr":
            return definition.kind
        case _:
            return "netcdf" if href.lower().endswith((".nc", ".nc4")) else "raster"


def _find_key(item: pystac.Item, band: BandDefinition) -> str | None:
    return next((key for key in band.assets if key in item.assets), None)


def _rule(item: pystac.Item, definition: Definition) -> OffsetRule:
    # A local copy of Earth Search items declares -0.1 for files that no longer carry it.
    if definition.offset_rule == "declared" and APPLIED in item.properties:
        return "earth-search"
    return definition.offset_rule


def _find_offset(
    item: pystac.Item, rule: OffsetRule, band: BandDefinition, declared: float | None
) -> float:
    reflectance = band.units == "1"
    if rule == "fixed" or not reflectance:
        return band.offset if declared is None else declared
    baseline = _find_baseline(item)
    carried = OFFSET_DN * band.scale if (baseline or 0) >= OFFSET_BASELINE else 0.0
    if rule == "declared":
        if declared is None and carried:
            raise SceneError(
                f"item {item.id}: baseline {baseline:05.2f} but no declared offset; add "
                "raster:offset to its assets: -0.1, or 0 where it was taken out"
            )
        return band.offset if declared is None else declared
    if rule == "earth-search" and item.properties.get(APPLIED) is True:
        return 0.0
    if baseline is None:
        raise SceneError(
            f"item {item.id}: no s2:processing_baseline, so its reflectance may be 0.1 too "
            "high; leave it out"
        )
    return carried


def _find_baseline(item: pystac.Item) -> float | None:
    """Processing baseline as a number: '05.09' is 5.09; the older prefix is understood too."""
    for key in ("s2:processing_baseline", "sentinel2:processing_baseline"):
        if item.properties.get(key) is not None:
            number = read_number(item, key)
            if number is None:
                raise SceneError(f"item {item.id}: {key} is no number: {item.properties[key]!r}")
            return number
    return None


def _find_declared(asset: pystac.Asset, index: int) -> dict[str, float]:
    """Scale, offset and nodata as the asset itself states them, in any version of STAC.

    ``raster:bands`` (STAC 1.0), ``bands`` (STAC 1.1), then the asset's own fields (1.1).
    """
    fields = asset.extra_fields
    holders: list[dict[str, Any]] = [
        rows[index - 1]
        for rows in (fields.get("raster:bands"), fields.get("bands"))
        if isinstance(rows, list) and len(rows) >= index and isinstance(rows[index - 1], dict)
    ]
    found: dict[str, float] = {}
    for name in ("scale", "offset", "nodata"):
        for holder in (*holders, fields):
            # Without a prefix only inside a band: an asset's plain "offset" may mean bytes.
            value = holder.get(f"raster:{name}")
            if value is None and (holder is not fields or name == "nodata"):
                value = holder.get(name)
            if value is not None:
                try:
                    found[name] = float(value)  # 'nan' is a number here
                except (TypeError, ValueError):
                    raise SceneError(
                        f"{asset.href}: declared {name} is no number: {value!r}; correct the item"
                    ) from None
                break
    return found


def _refuse_hh(item: pystac.Item, definition: Definition) -> None:
    if definition.sensor != "sentinel-1":
        return
    if _is_hh(item.properties.get("sar:polarizations"), item.assets):
        raise SceneError(f"item {item.id}: {_HH}; leave it out")


_HH = "HH/HV is refused: the models were fitted on VV and VH"


def _is_hh(stated: object, assets: Iterable[str]) -> bool:
    # A list, or text such as "VV+VH"; else the assets' names.
    text = str(stated or [key[:2] for key in assets]).upper()
    seen = set(re.findall("[HV]{2}", text))
    return bool(seen & {"HH", "HV"}) and "VV" not in seen


def find_obstacle(
    candidate: Candidate, definition: Definition, wanted: Iterable[str]
) -> str | None:
    """Why a scene cannot be used, as far as its item's keys tell; None if nothing speaks against.

    Parameters
    ----------
    candidate
        The scene.
    definition
        Of the collection that it came from.
    wanted
        Canonical names of the bands that it must have.
    """
    if definition.sensor == "sentinel-1" and _is_hh(candidate.polarizations, candidate.assets):
        return _HH
    served = set(candidate.assets)
    missing = [name for name in wanted if served.isdisjoint(definition.bands[name].assets)]
    return f"no asset for {', '.join(missing)}" if missing else None
