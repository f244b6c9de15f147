"""Which pixels keep their value, and what the quality bits say of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.card import ModelOutput
from smmap.spec.quality import Quality
from smmap.spec.recipe import Recipe

DENSE_NDVI = 0.75
"""NDVI above which C-band hardly sees the soil (as flagged in ESA CCI soil moisture)."""

_HALF = 0.5
"""Share of a pixel from which snow or water takes its value away and old optical data flags it."""

FloatArray = NDArray[np.floating]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """What is known of the pixels of a block, each (y, x); None: not known anywhere.

    NaN means unknown at that pixel, and sets no bit unless a field says otherwise.
    """

    radar_valid: BoolArray
    """True where VV has a value: inside the swath, not eroded."""
    sm: FloatArray
    """What the model says, m3/m3; NaN where it says nothing."""
    sm_uncertainty: FloatArray | None = None
    """Its standard deviation, m3/m3."""
    sigma0_vv: FloatArray | None = None
    """VV after filtering and averaging, linear power: negative where noise removal took more."""
    sigma0_vh: FloatArray | None = None
    """VH alike; NaN: below the noise floor."""
    no_soil_signal: BoolArray | None = None
    """True where the vegetation correction of an input leaves no positive soil power."""
    ndvi: FloatArray | None = None
    """Normalised difference vegetation index, 1."""
    snow_share: FloatArray | None = None
    """Share of the pixel under snow or ice, 0..1."""
    water_share: FloatArray | None = None
    """Share of the pixel that is open water, 0..1."""
    soil_temperature_degc: FloatArray | None = None
    """Of the ground's top layer, degrees Celsius."""
    snow_depth_m: FloatArray | None = None
    """Metres."""
    mapped_water_share: FloatArray | None = None
    """Share of the pixel that a map of land cover has as water, 0..1."""
    built_up_share: FloatArray | None = None
    """The same for built-up ground."""
    barren_share: FloatArray | None = None
    """The same for barren ground."""
    provisional: bool = False
    """True where an input will be replaced by a final one."""
    radar_weight: FloatArray | None = None
    """Share of the pixel that the radar saw, 0..1."""
    slope_deg: FloatArray | None = None
    """Slope of the terrain, degrees."""
    optical_stale_share: FloatArray | None = None
    """Share of the pixel's optical data that is too old or too new, 0..1; NaN: there is none."""
    in_domain: BoolArray | None = None
    """True inside the model's area of applicability."""
    in_training_range: BoolArray | None = None
    """True where every input lies within what was seen in training."""
    beyond_training: BoolArray | None = None
    """True where quality control of the model's training would have left the pixel out."""
    frozen_in_training: BoolArray | None = None
    """The same for frozen ground and snow."""
    filled: BoolArray | None = None
    """True where a model that looks around itself had gaps there, which were filled."""


@dataclass(frozen=True)
class Flagged:
    """Finished pixels, each (y, x)."""

    sm: NDArray[np.float32]
    """m3/m3; NaN where there is no value."""
    sm_uncertainty: NDArray[np.float32] | None
    """m3/m3; NaN where ``sm`` is; None for models without one."""
    sm_quality: NDArray[np.uint16]
    """Bits of ``Quality``; 65535 where nothing is known. 0 implies a value."""


def compute_quality(evidence: Evidence, recipe: Recipe, output: ModelOutput) -> Flagged:
    """Set the quality bits and take away the values that must not stand.

    Where the radar saw nothing, quality is nodata. Where it did, but there is no value, quality
    says why; if no rule knows why, it is nodata too, because 0 would promise a good retrieval.

    Parameters
    ----------
    evidence
        Arrays over one block.
    recipe
        Thresholds of this run: backscatter window, noise floor, slope, weight.
    output
        The model card's bounds of a believable result.
    """
    bits = np.zeros(evidence.sm.shape, np.uint16)
    valued = evidence.radar_valid & ~np.isnan(evidence.sm)
    for bit, hit, stays in _apply_rules(_condense(evidence), recipe, output):
        if not hit.any():
            continue
        bits |= hit * np.uint16(bit)
        if not stays:
            valued &= ~hit
    known = evidence.radar_valid & (valued | (bits > 0))
    bits |= _fill_bits(~known, np.int16).view(np.uint16)
    uncertainty = evidence.sm_uncertainty
    return Flagged(
        sm=_keep(valued, evidence.sm),
        sm_uncertainty=None if uncertainty is None else _keep(valued, uncertainty),
        sm_quality=bits,
    )


def _condense(evidence: Evidence) -> Evidence:
    """What is the same everywhere, an array without strides, as one pixel: its rule is quick."""
    arrays = {one.name: getattr(evidence, one.name) for one in fields(evidence)}
    same: dict[str, Any] = {
        name: values[:1, :1]
        for name, values in arrays.items()
        if isinstance(values, np.ndarray) and not any(values.strides)
    }
    return replace(evidence, **same) if same else evidence


def _keep(valued: BoolArray, values: FloatArray) -> NDArray[np.float32]:
    """NaN where there is no value: a number of which all bits are set is one."""
    bits = _fill_bits(~valued, np.int32)
    bits |= np.ascontiguousarray(values, np.float32).view(np.int32)
    return bits.view(np.float32)


def _fill_bits(chosen: BoolArray, dtype: type[np.signedinteger[Any]]) -> NDArray[Any]:
    """All bits where it is true, as NaN and 65535 have them, and none elsewhere.

    To set pixels by a mask takes several times as long where neighbours differ.
    """
    return np.negative(chosen.view(np.int8), dtype=dtype)


def _apply_rules(
    e: Evidence, recipe: Recipe, output: ModelOutput
) -> Iterator[tuple[Quality, BoolArray, bool]]:
    """Each rule whose inputs exist: the bit, where it is set, whether the value stays."""
    if e.snow_share is not None:
        yield Quality.SNOW_OR_FROZEN, e.snow_share >= _HALF, False
    if e.soil_temperature_degc is not None:
        frozen = e.soil_temperature_degc < recipe.frost.soil_temperature_degc
        yield Quality.SNOW_OR_FROZEN, frozen, False
    if e.snow_depth_m is not None:
        yield Quality.SNOW_OR_FROZEN, e.snow_depth_m > recipe.frost.snow_depth_m, False
    if e.frozen_in_training is not None:
        yield Quality.SNOW_OR_FROZEN, e.frozen_in_training, False
    if e.beyond_training is not None:
        yield Quality.OUT_OF_BOUNDS, e.beyond_training, False
    for share in (e.water_share, e.mapped_water_share):
        if share is not None:
            yield Quality.WATER, share >= _HALF, False
    if e.built_up_share is not None:
        yield Quality.URBAN, e.built_up_share >= _HALF, True
    if e.barren_share is not None:
        yield Quality.BARREN, e.barren_share >= _HALF, True
    if e.provisional:
        yield Quality.PROVISIONAL, ~np.isnan(e.sm), True
    if e.sigma0_vv is not None:
        low, high = recipe.radar.window_db
        window = _to_power(low), _to_power(high)
        yield Quality.OUT_OF_BOUNDS, _is_outside(e.sigma0_vv, window), False
    yield Quality.OUT_OF_BOUNDS, _is_outside(e.sm, output.valid_range), False
    if e.ndvi is not None:
        yield Quality.DENSE_VEGETATION, e.ndvi > DENSE_NDVI, True
    if e.no_soil_signal is not None:
        yield Quality.DENSE_VEGETATION, e.no_soil_signal, True
    if e.radar_weight is not None:
        yield Quality.LOW_WEIGHT, e.radar_weight < recipe.min_weight, True
    if e.filled is not None:
        yield Quality.LOW_WEIGHT, e.filled & ~np.isnan(e.sm), True
    if output.unreliable_above is not None:
        yield Quality.UNRELIABLE, e.sm > output.unreliable_above, True
    if e.sigma0_vh is not None:
        above = e.sigma0_vh >= _to_power(recipe.radar.noise_floor_vh_db)
        yield Quality.UNRELIABLE, ~above, True
    if e.slope_deg is not None:
        yield Quality.TERRAIN, e.slope_deg > recipe.slope_flag_deg, True
    if e.optical_stale_share is not None:
        yield Quality.STALE_OPTICAL, ~(e.optical_stale_share < _HALF), True
    for inside in (e.in_domain, e.in_training_range):
        if inside is not None:
            yield Quality.OUTSIDE_DOMAIN, ~inside, True


def _is_outside(values: FloatArray, limits: tuple[float, float]) -> BoolArray:
    low, high = limits
    outside: BoolArray = (values < low) | (values > high)
    return outside


def _to_power(db: float) -> float:
    return float(10 ** (db / 10))
