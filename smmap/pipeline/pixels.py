"""Features to finished pixels: predict the valid ones, flag, pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Floats
from smmap.features.backscatter import BackscatterDb
from smmap.features.builder import Features
from smmap.features.decibel import to_db
from smmap.features.gather import choose_rows, gather
from smmap.features.history import Visit, compute_sequences
from smmap.features.indices import compute_ndvi
from smmap.features.optical import Ndvi
from smmap.model.window_model import WindowModel
from smmap.pipeline.load_surroundings import Surroundings
from smmap.pipeline.needs import SNOW_DEPTH, SOIL_TEMPERATURE
from smmap.pipeline.past import Past
from smmap.pipeline.predict_cells import predict_cells
from smmap.pipeline.run_state import RunState
from smmap.pipeline.statistics import VV_DB
from smmap.product.applicability import compute_in_domain
from smmap.product.packing import pack
from smmap.product.quality import Evidence, Flagged, compute_quality
from smmap.spec.card import ModelCard

Array = NDArray[np.float32]
Layers = Mapping[str, Array]
_VV_DB = BackscatterDb(polarisation="vv")


@dataclass(frozen=True)
class EstimatedPixels:
    """What the model says of a block, each (h, w), NaN where it says nothing."""

    sm: Array
    """m3/m3."""
    uncertainty: Array | None
    """m3/m3; None for models without one."""
    filled: NDArray[np.bool_] | None = None
    """True where what lies around a cell had gaps; None for models that look at pixels alone."""
    in_range: NDArray[np.bool_] | None = None
    """True where what the model sees of the cell itself was seen in training; None: as the
    features say."""


def predict_pixels(
    features: Features, layers: Layers, past: Past, around: Surroundings | None, run: RunState
) -> EstimatedPixels:
    """Run the model on the pixels that the radar saw and that have the inputs it needs."""
    if around is not None and isinstance(run.model, WindowModel):
        seen = np.isfinite(layers["sigma0_vv"])
        found = predict_cells(run.model, around, features.values, seen)
        return EstimatedPixels(found.sm, None, found.filled, found.in_range)
    pixels, rows = take_pixels(features, layers, past, run.card)
    sm = np.full(features.in_range.shape, np.nan, np.float32)
    gives_uncertainty = "log_variance" in run.card.output.columns
    uncertainty = sm.copy() if gives_uncertainty else None
    if len(pixels):
        estimate = run.model.estimate(rows)
        sm.ravel()[pixels] = estimate.sm
        if uncertainty is not None and estimate.uncertainty is not None:
            uncertainty.ravel()[pixels] = estimate.uncertainty
    return EstimatedPixels(sm, uncertainty)


def take_pixels(
    features: Features, layers: Layers, past: Past, card: ModelCard
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """What the model is to see.

    Returns
    -------
    pixels : intp array (n,)
        Numbers, counted along the rows.
    rows : float32 array (n, columns)
        What the model takes of them: of earlier overpasses too.
    """
    complete = card.missing == "invalid"
    pixels, rows = choose_rows(features.columns, layers["sigma0_vv"], complete=complete)
    if card.history is None or not len(pixels):
        return pixels, rows
    visits = (Visit(gather(tuple(values), pixels).T, age_days) for age_days, values in past)
    return pixels, compute_sequences([Visit(rows.T, 0.0), *visits], card.history)


def flag_pixels(
    estimate: EstimatedPixels,
    features: Features,
    layers: Layers,
    run: RunState,
    *,
    provisional: bool = False,
) -> Flagged:
    """Set the quality bits whose inputs exist, and take away values that must not stand."""
    return compute_quality(
        Evidence(
            radar_valid=np.isfinite(layers["sigma0_vv"]),
            sm=estimate.sm,
            sm_uncertainty=estimate.uncertainty,
            sigma0_vv=layers["sigma0_vv"],
            sigma0_vh=layers.get("sigma0_vh"),
            ndvi=_find_ndvi(features, layers),
            snow_share=layers.get("snow"),
            water_share=layers.get("water"),
            soil_temperature_degc=layers.get(SOIL_TEMPERATURE.name),
            snow_depth_m=layers.get(SNOW_DEPTH.name),
            mapped_water_share=layers.get("land_cover:water"),
            built_up_share=layers.get("land_cover:built_up"),
            barren_share=layers.get("land_cover:barren"),
            provisional=provisional,
            radar_weight=layers["radar_weight"],
            slope_deg=layers.get("slope_deg"),
            optical_stale_share=layers.get("optical_stale_share"),
            in_domain=_find_domain(features, estimate, run),
            in_training_range=_find_in_range(features, estimate),
            filled=estimate.filled,
            no_soil_signal=features.overcorrected,
            beyond_training=features.beyond,
            frozen_in_training=features.frozen,
        ),
        run.recipe,
        run.card.output,
    )


def _find_ndvi(features: Features, layers: Layers) -> Floats | None:
    """Of the overpass; None where no optical source is named."""
    if "red" not in layers or "nir" not in layers:
        return None
    known = features.find(Ndvi())
    return compute_ndvi(layers["nir"], layers["red"]) if known is None else known


def _find_in_range(features: Features, estimate: EstimatedPixels) -> NDArray[np.bool_]:
    inside = estimate.in_range
    return features.in_range if inside is None else features.in_range & inside


def _find_domain(
    features: Features, estimate: EstimatedPixels, run: RunState
) -> NDArray[np.bool_] | None:
    """Where the model may be applied; pixels without an estimate object to nothing."""
    domain = run.applicability
    if domain is None:
        return None
    names = [column.name for column in run.context.pixel_set.inputs]
    values = dict(zip(names, features.raw, strict=True))
    inside = compute_in_domain(values, domain.inputs, domain.edges, domain.occupied)
    return inside | np.isnan(estimate.sm)


def pack_pixels(
    flagged: Flagged, features: Features, layers: Layers, run: RunState
) -> dict[str, NDArray[np.generic]]:
    """Packed layers by name, and VV for the statistics."""
    vv_db = features.find(_VV_DB)
    values: dict[str, NDArray[Any] | None] = {
        "sm": flagged.sm,
        "sm_uncertainty": flagged.sm_uncertainty,
        "sm_quality": flagged.sm_quality,
        "vv_db": to_db(layers["sigma0_vv"]) if vv_db is None else vv_db,
    }
    wanted = (*run.layers, VV_DB)
    return {layer.name: pack(np.asarray(values[layer.name]), layer) for layer in wanted}
