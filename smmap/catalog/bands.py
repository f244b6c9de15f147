"""From an item's assets to canonical bands: scale and offset decided here, exactly once."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pystac

from smmap.catalog.baseline import find_baseline
from smmap.catalog.candidate import Candidate
from smmap.catalog.common_name import check_common_name
from smmap.catalog.pass_direction import find_contradiction
from smmap.catalog.place import count_steps, find_place, note_together
from smmap.catalog.scaling import (
    OFFSET_BASELINE,
    find_declared,
    find_rule,
    find_scaling,
    is_reflectance,
)
from smmap.spec.band import Band, Reader
from smmap.spec.definition import BandDefinition, Definition
from smmap.spec.errors import ConfigError, SceneError


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

    So for ``earth-search`` from baseline 04.00 on, as its property is known to be wrong at times;
    also where the baseline is not said. So for ``declared`` where an item states neither its
    baseline nor the offset of all its reflectances: those are taken to have none; and where the
    offset that it states is not that of the baseline's files as ESA made them: it may have been
    taken out, or stated for all scenes alike, as older tools do (0).
    """
    baseline = find_baseline(item)
    match find_rule(item, definition):
        case "earth-search":
            return baseline is None or baseline >= OFFSET_BASELINE
        case "declared":
            offsets = _list_offsets(item, definition)
            if baseline is None:
                return None in offsets
            carried = baseline >= OFFSET_BASELINE
            return any(one is not None and (one != 0) != carried for one in offsets)
        case _:
            return False


def _list_offsets(item: pystac.Item, definition: Definition) -> list[float | None]:
    """What the item states of every reflectance band that it has; None: nothing."""
    served = [
        (item.assets[key], band.index)
        for band in definition.bands.values()
        if is_reflectance(band, definition) and (key := _find_key(item, band))
    ]
    return [find_declared(asset, index).get("offset") for asset, index in served]


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
    href = _find_address(asset, definition)
    if href is None:
        raise SceneError(f"item {item.id}: address '{asset.href}' of asset '{key}' is relative")
    check_common_name(asset, name, band.index)
    scaling = find_scaling(item, definition, band, asset)
    reader = _find_reader(href, definition)
    return Band(
        name=name,
        href=href,
        units=band.units,
        scale=scaling.scale,
        offset=scaling.offset,
        nodata=scaling.nodata,
        other_nodata=scaling.other_nodata,
        planck=scaling.planck,
        index=band.index,
        resampling=band.resampling,
        **find_place(asset, item, definition),
        sign=definition.sign,
        reader=reader,
        variable=None if reader == "raster" and definition.kind.startswith("stac") else key,
        steps=count_steps(item, key),
        requests_per_second=definition.requests_per_second,
    )


def _find_address(asset: pystac.Asset, definition: Definition) -> str | None:
    others = asset.extra_fields.get("alternate")
    other = others.get(definition.alternate) if isinstance(others, dict) else None
    if isinstance(other, dict) and other.get("href"):
        return str(other["href"])
    return asset.get_absolute_href()


def _find_reader(href: str, definition: Definition) -> Reader:
    match definition.kind:
        case "earth-engine" | "zarr":
            return definition.kind
        case _:
            return "netcdf" if href.lower().endswith(CUBES) else "raster"


CUBES = (".nc", ".nc4", ".h5", ".hdf5", ".he5")
"""How names of files end that hold several variables, with or without time."""


def _find_key(item: pystac.Item, band: BandDefinition) -> str | None:
    for key in band.assets:
        if key in item.assets and not _is_local_angle(item.assets[key], band):
            return key
    return None


_LOCAL = re.compile(r"local[ _-]?inc", re.IGNORECASE)


def _is_local_angle(asset: pystac.Asset, band: BandDefinition) -> bool:
    """Backscatter refers to the ellipsoid: the angle to the slope must not stand in for it."""
    said = f"{asset.title} {asset.description} {asset.href}"
    return band.units == "degree" and _LOCAL.search(said) is not None


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
    if definition.sensor == "sentinel-1":
        one = candidate
        wrong = find_contradiction(one.platform, one.state, one.start, one.footprint)
        if wrong is not None:
            return wrong
    served = set(candidate.assets)
    missing = [name for name in wanted if served.isdisjoint(definition.bands[name].assets)]
    return f"no asset for {', '.join(missing)}" if missing else None
