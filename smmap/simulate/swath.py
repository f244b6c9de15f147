"""What a pass sees of an area: its angle, its slices, and the swath's frayed far edge."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from smmap.features.array import Bools, Doubles
from smmap.features.incidence import compute_incidence
from smmap.grid.ground import compute_lonlat
from smmap.simulate.area import Area
from smmap.simulate.orbits import FAR_EDGE_DEG, Track
from smmap.spec.tile import Block

BORDER_NOISE_PIXELS = 3
"""Border noise reaches at most this far into the swath from its frayed edge."""

_BURST_PIXELS = 85
_SLICE_OVERLAP_PIXELS = 3.0


@dataclass(frozen=True)
class View:
    """How one track sees one area; arrays of shape (h, w)."""

    incidence_deg: Doubles
    """On the ellipsoid."""
    look_east: float
    """Eastward part of the horizontal unit vector from the satellite to the ground."""
    look_north: float
    """Its northward part."""

    @classmethod
    def of(cls, incidence_deg: Doubles) -> View:
        """From the angle alone: it grows in the direction of the look."""
        downwards, eastwards = (float(part.mean()) for part in np.gradient(incidence_deg))
        length = float(np.hypot(downwards, eastwards))
        return cls(incidence_deg, eastwards / length, -downwards / length)

    def compute_distance(self) -> tuple[Doubles, Doubles]:
        """Pixels along the flight (from the area's middle) and, in range, to the far edge."""
        rows, columns = np.indices(self.incidence_deg.shape).astype(float)
        north = (self.incidence_deg.shape[0] - 1) / 2 - rows
        east = columns - (self.incidence_deg.shape[1] - 1) / 2
        # Right-looking: the flight is the look turned left by a quarter.
        along = -east * self.look_north + north * self.look_east
        slope = np.hypot(*np.gradient(self.incidence_deg)).mean()
        return along, (FAR_EDGE_DEG - self.incidence_deg) / slope


def compute_view(area: Area, track: Track) -> View:
    """Geometry of a track over an area; every area sees the track at the same angle."""
    block = area.block
    lon, lat = compute_lonlat(_pick(block, *track.anchor))
    anchor = (float(lon[0, 0]), float(lat[0, 0]), track.incidence_deg)
    incidence = compute_incidence(
        *compute_lonlat(block), orbit_state=track.orbit_state, anchor=anchor
    )
    return View.of(incidence)


def cut_slices(view: View, track: Track) -> list[Bools]:
    """Where each slice of the pass has pixels, in the order of flight; neighbours overlap a bit."""
    along, _ = view.compute_distance()
    if track.slices == 1:
        return [np.ones(along.shape, bool)]
    edges = np.linspace(along.min() - 1, along.max() + 1, track.slices + 1)
    return [
        (along >= start - _SLICE_OVERLAP_PIXELS) & (along < stop) for start, stop in pairwise(edges)
    ]


def fray_swath(view: View, rng: np.random.Generator) -> tuple[Bools, Bools]:
    """Where the swath has pixels, and which of these hold border noise.

    The edge jumps from burst to burst and from line to line, as a product's does.
    """
    along, distance = view.compute_distance()
    line = np.floor(along - along.min()).astype(int)
    burst = (line + rng.integers(_BURST_PIXELS)) // _BURST_PIXELS
    lines, bursts = line.max() + 1, burst.max() + 1
    short = rng.integers(0, 7, bursts)[burst] + rng.integers(0, 2, lines)[line]
    noisy = rng.integers(0, BORDER_NOISE_PIXELS + 1, bursts)[burst]
    inside = distance >= short
    return inside, inside & (distance < short + noisy)


def _pick(block: Block, across: float, down: float) -> Block:
    """The pixel at these shares of a block's width and height."""
    row, column = round((block.height - 1) * down), round((block.width - 1) * across)
    return Block(block.geobox, block.row + row, block.col + column, 1, 1)
