"""Scale, offset and nodata of a band: decided here, exactly once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pystac

from smmap.catalog.baseline import find_baseline
from smmap.catalog.facts import read_number
from smmap.features.request import REFLECTANCES
from smmap.spec.definition import BandDefinition, Definition, OffsetRule
from smmap.spec.errors import SceneError

OFFSET_BASELINE = 4.0
"""From this processing baseline on, Sentinel-2 numbers carry an offset (ESA, January 2022)."""
OFFSET_DN = -1000.0
"""BOA_ADD_OFFSET and RADIO_ADD_OFFSET: to be added to the stored number before scaling."""
APPLIED = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
"""Whether its files had the offset taken out already: Earth Search, and its first version, of which
others (Digital Earth Africa) hold copies."""
_OPTICAL = ("sentinel-2", "landsat")
_CERTAIN = ("fixed", "processing-baseline")
"""Rules by which what an item declares can only be the same: else somebody is wrong."""
_SAME = 1e-6


@dataclass(frozen=True)
class Scaling:
    """How stored numbers become physical ones; fields as of `smmap.spec.band.Band`."""

    scale: float
    offset: float
    nodata: float | None
    other_nodata: float | None
    planck: tuple[float, float] | None


def find_scaling(
    item: pystac.Item, definition: Definition, band: BandDefinition, asset: pystac.Asset
) -> Scaling:
    """Decide by the definition's rule, from the item's own words where the rule asks for them.

    Raises
    ------
    SceneError
        If the item does not say what the rule needs, or contradicts itself or the definition.
    """
    rule = find_rule(item, definition)
    stated = find_declared(asset, band.index)
    declared = stated if definition.offset_rule == "declared" else {}
    scale = declared.get("scale", band.scale)
    offset = _find_offset(item, rule, band, definition, declared.get("offset"))
    if rule in _CERTAIN and definition.sensor in _OPTICAL:
        _check_declared(asset, stated, {"scale": scale, "offset": offset})
    if is_reflectance(band, definition) and not (0 < scale <= 1 and abs(offset) <= 1):
        raise SceneError(
            f"{asset.href}: scale {scale:g} and offset {offset:g} give no reflectance, which is a "
            "share of 1; correct them (1e-4, not 10000; -0.1, not -1000)"
        )
    if rule == "sun-elevation" and band.units == "1":
        sine = _find_sine(item)
        scale, offset = scale / sine, offset / sine
    nodata = band.nodata_of.get(str(item.collection_id), band.nodata)
    # Whoever says that a number means nothing is believed: the definition, and the item.
    other = stated.get("nodata")
    if nodata is None:
        nodata, other = other, None
    if band.planck:
        scale, *planck = _find_thermal(item, band)
        return Scaling(scale, offset, nodata, other, (planck[0], planck[1]))
    return Scaling(scale, offset, nodata, other, None)


def is_reflectance(band: BandDefinition, definition: Definition) -> bool:
    """Whether it is one that the sensor's offset is of: a cloud score has none."""
    return any(definition.bands.get(name) is band for name in REFLECTANCES)


def find_rule(item: pystac.Item, definition: Definition) -> OffsetRule:
    """The definition's rule, but for copies of items that have another one's property."""
    # A local copy of Earth Search items declares -0.1 for files that no longer carry it.
    if definition.offset_rule == "declared" and find_applied(item) is not None:
        return "earth-search"
    return definition.offset_rule


def find_applied(item: pystac.Item) -> bool | None:
    """Whether the item says that its files had the offset taken out; None: it says nothing.

    Raises
    ------
    SceneError
        If what it says is neither true nor false.
    """
    for key in APPLIED:
        said = item.properties.get(key)
        if said is not None:
            answer = {"true": True, "false": False}.get(str(said).strip().lower())
            if answer is None:
                raise SceneError(f"item {item.id}: {key} is neither true nor false: {said!r}")
            return answer
    return None


def find_declared(asset: pystac.Asset, index: int) -> dict[str, float]:
    """Scale, offset and nodata as the asset itself states them, in any version of STAC.

    In ``raster:bands`` (STAC 1.0), ``bands`` (STAC 1.1) or its own fields (1.1): once, or the
    same every time.
    """
    fields = asset.extra_fields
    holders = find_holders(asset, index, ("raster:bands", "bands"))
    found: dict[str, float] = {}
    for name in ("scale", "offset", "nodata"):
        for holder in (*holders, fields):
            # Without a prefix only inside a band: an asset's plain "offset" may mean bytes.
            value = holder.get(f"raster:{name}")
            if value is None and (holder is not fields or name == "nodata"):
                value = holder.get(name)
            if value is None:
                continue
            try:
                number = float(value)  # 'nan' is a number here
            except (TypeError, ValueError):
                raise SceneError(
                    f"{asset.href}: declared {name} is no number: {value!r}; correct the item"
                ) from None
            if name != "nodata" and (not math.isfinite(number) or (name, number) == ("scale", 0)):
                raise SceneError(f"{asset.href}: declared {name} is {value!r}; correct the item")
            if name in found and not _is_same(found[name], number):
                raise SceneError(
                    f"{asset.href}: {name} is declared twice, as {found[name]} and as {number}; "
                    "correct the item"
                )
            found[name] = number
    return found


def find_holders(asset: pystac.Asset, index: int, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """What lists of bands under these keys say of band number ``index``, from 1."""
    return [
        rows[index - 1]
        for rows in (asset.extra_fields.get(key) for key in keys)
        if isinstance(rows, list) and len(rows) >= index and isinstance(rows[index - 1], dict)
    ]


def _is_same(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=_SAME)


def _check_declared(
    asset: pystac.Asset, stated: dict[str, float], expected: dict[str, float]
) -> None:
    """A provider that packs its numbers in a new way says so: never read them in the old one."""
    for name, number in expected.items():
        if not _is_same(stated.get(name, number), number):
            raise SceneError(
                f"{asset.href}: its item declares {name} {stated[name]:g}, the definition "
                f"and the processing baseline give {number:g}; correct one of them"
            )


def _find_offset(
    item: pystac.Item,
    rule: OffsetRule,
    band: BandDefinition,
    definition: Definition,
    declared: float | None,
) -> float:
    if rule in ("fixed", "sun-elevation") or not is_reflectance(band, definition):
        return band.offset if declared is None else declared
    baseline = find_baseline(item)
    carried = OFFSET_DN * band.scale if (baseline or 0) >= OFFSET_BASELINE else 0.0
    if rule == "declared":
        if declared is None and carried:
            raise SceneError(
                f"item {item.id}: baseline {baseline:05.2f} but no declared offset; add "
                "raster:offset to its assets: -0.1, or 0 where it was taken out"
            )
        if declared is None and baseline is None and _is_unchecked(definition):
            raise SceneError(
                f"item {item.id}: states neither baseline nor offset; add raster:offset to its "
                "assets: -0.1 from baseline 04.00, or 0 where it was taken out"
            )
        return band.offset if declared is None else declared
    if find_applied(item) and rule == "earth-search":
        return 0.0
    if find_applied(item) and carried:
        raise SceneError(
            f"item {item.id}: says that its files had the offset taken out, but definition "
            f"'{definition.id}' is of files as ESA made them; it needs 'offset_rule: earth-search'"
        )
    if baseline is None:
        raise SceneError(
            f"item {item.id}: no processing baseline of ESA's (s2:processing_baseline, "
            "processing:version), so its reflectance may be 0.1 too high; leave it out"
        )
    return carried


def _is_unchecked(definition: Definition) -> bool:
    """Whether dark pixels cannot tell that a scene's offset is not what it seems."""
    classes = definition.classes
    return definition.sensor == "sentinel-2" and (classes is None or not classes.dark)


def _find_sine(item: pystac.Item) -> float:
    elevation = read_number(item, "view:sun_elevation")
    if elevation is None or not 0 < elevation <= 90:
        raise SceneError(
            f"item {item.id}: no usable 'view:sun_elevation', which its reflectance needs; leave "
            "it out"
        )
    return math.sin(math.radians(elevation))


def _find_thermal(item: pystac.Item, band: BandDefinition) -> tuple[float, float, float]:
    platform = str(item.properties.get("platform") or "").lower().replace("_", "-")
    if platform not in band.planck:
        raise SceneError(
            f"item {item.id}: no thermal constants for platform '{platform}', only for "
            f"{', '.join(band.planck)}; leave it out"
        )
    return band.planck[platform]
