"""Coordinates of a cube: space, time, depth, and which satellite flew how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from smmap.product.cf import (
    GRID_MAPPING,
    ORBIT_STATES,
    PLATFORMS,
    compute_axis_attributes,
    compute_code_attributes,
    compute_grid_mapping,
)
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Coordinate:
    """One coordinate variable, as it is stored."""

    dims: tuple[str, ...]
    """Names of its dimensions; none for a scalar."""
    values: NDArray[Any]
    """Stored values."""
    attributes: dict[str, Any]
    """CF attributes."""


def compute_coordinates(
    geobox: GeoBox, overpasses: Sequence[Overpass], depth_m: tuple[float, float]
) -> dict[str, Coordinate]:
    """All coordinates of a cube by name; time in whole microseconds, so that it is exact."""
    whole = Block.whole(geobox)
    x_attributes, y_attributes = compute_axis_attributes(geobox)
    microseconds = [(one.datetime - _EPOCH) // timedelta(microseconds=1) for one in overpasses]
    platforms = [_code(one.platform, PLATFORMS) for one in overpasses]
    states = [_code(one.orbit_state, ORBIT_STATES) for one in overpasses]
    return {
        "time": Coordinate(
            ("time",),
            np.array(microseconds, np.int64),
            {
                "standard_name": "time",
                "long_name": "Middle of the acquisition (UTC)",
                "units": "microseconds since 1970-01-01 00:00:00",
                "calendar": "proleptic_gregorian",
                "axis": "T",
            },
        ),
        "y": Coordinate(("y",), whole.ys(), y_attributes),
        "x": Coordinate(("x",), whole.xs(), x_attributes),
        GRID_MAPPING: Coordinate((), np.array(0, np.int32), compute_grid_mapping(geobox)),
        "depth": Coordinate(
            (),
            np.array(sum(depth_m) / 2, np.float64),
            {
                "standard_name": "depth",
                "long_name": "Depth of the soil layer",
                "units": "m",
                "positive": "down",
                "axis": "Z",
                "bounds": "depth_bnds",
            },
        ),
        "depth_bnds": Coordinate(("bnds",), np.array(depth_m, np.float64), {}),
        "platform": Coordinate(
            ("time",),
            np.array(platforms, np.int8),
            compute_code_attributes(PLATFORMS, "Radar satellite"),
        ),
        "relative_orbit": Coordinate(
            ("time",),
            np.array([one.relative_orbit or 0 for one in overpasses], np.int16),
            {"long_name": "Relative orbit number; 0 where unknown"},
        ),
        "orbit_state": Coordinate(
            ("time",),
            np.array(states, np.int8),
            compute_code_attributes(ORBIT_STATES, "Direction of flight"),
        ),
    }


def _code(name: str | None, names: Sequence[str]) -> int:
    return names.index(name) if name in names else 0
