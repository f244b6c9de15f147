"""How a mosaic's cube is stored: calendar days along time, every byte but its shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from odc.geo.geobox import GeoBox

from smmap.product.coordinates import Coordinate, compute_coordinates
from smmap.product.encoding import compute_array_document, compute_store_files
from smmap.spec.band import Layer

_EPOCH = date(1970, 1, 1)
_OF_OVERPASSES = ("platform", "relative_orbit", "orbit_state")
_OF_DEPTH = ("depth", "depth_bnds")


def compute_daily_files(
    layers: Sequence[Layer],
    geobox: GeoBox,
    days: Sequence[date],
    depth_m: tuple[float, float] | None,
    attributes: Mapping[str, Any],
    *,
    with_axes: bool = True,
) -> dict[str, bytes]:
    """All files of a mosaic's cube but its shards, by path within it; the root comes last.

    The shard ``sm/c/0/i/j`` of a single day is the shard ``sm/c/t/i/j`` of a year.

    Parameters
    ----------
    layers
        Variables, in order.
    geobox
        The whole canvas.
    days
        One a step of time, increasing (UTC).
    depth_m
        Top and bottom of the soil layer, metres; None where the sources do not say.
    attributes
        Of the group.
    with_axes
        Whether x and y are stored; of a zone at 10 m they take 8 MB, too much for every day.
    """
    height, width = int(geobox.shape[0]), int(geobox.shape[1])
    names = [layer.name for layer in layers]
    arrays = {
        layer.name: compute_array_document(layer, (len(days), height, width), names)
        for layer in layers
    }
    for name, document in arrays.items():
        document["attributes"].pop("coordinates")
        if depth_m is not None:
            document["attributes"]["coordinates"] = "depth"
        if name == "sm_uncertainty":
            document["attributes"]["long_name"] = "Standard deviation of volumetric soil moisture"
    coordinates = compute_coordinates(geobox, (), depth_m or (0.0, 0.0))
    left_out = {*_OF_OVERPASSES, *(_OF_DEPTH if depth_m is None else ())}
    left_out |= set() if with_axes else {"x", "y"}
    numbers = np.array([(day - _EPOCH).days for day in days], np.int32)
    kept = {name: one for name, one in coordinates.items() if name not in left_out}
    calendar = {"units": "days since 1970-01-01", "calendar": "proleptic_gregorian"}
    time = {"standard_name": "time", "long_name": "Calendar day (UTC)", "axis": "T"}
    kept |= {
        "time": Coordinate(("time",), numbers, {**time, **calendar, "bounds": "time_bnds"}),
        "time_bnds": Coordinate(
            ("time", "bnds"), np.stack([numbers, numbers + 1], axis=1), dict(calendar)
        ),
    }
    return compute_store_files(arrays, kept, attributes)
