"""Items become scenes: bands settled, facts of the footprint and the orbit looked up."""

from __future__ import annotations

from collections.abc import Iterable

import pystac
from pyproj import Geod

from smmap.catalog.bands import has_band, needs_dark_pixel_check, resolve_bands
from smmap.catalog.facts import (
    find_platform,
    read_number,
    read_orbit_state,
    read_relative_orbit,
)
from smmap.catalog.footprint import (
    compute_centroid,
    compute_footprint,
    compute_time,
    compute_unrolled,
)
from smmap.catalog.pass_direction import find_contradiction
from smmap.spec.definition import Definition
from smmap.spec.errors import SceneError
from smmap.spec.scene import Scene
from smmap.stack.sense import SEEN_DEG

_OPTIONAL = {"sentinel-1": ("vh", "incidence"), "sentinel-2": ("red",)}
"""Red: dark pixels may have to be looked at, whatever the model needs."""
_WGS84 = Geod(ellps="WGS84")


def resolve_scene(item: pystac.Item, definition: Definition, bands: Iterable[str]) -> Scene:
    """The scene behind ``item``, with the named bands and those that are welcome if served.

    Raises
    ------
    SceneError
        If a band it must have is missing, its offset cannot be decided, or a radar pass cannot
        have gone the way its item says.
    """
    optional = _OPTIONAL.get(definition.sensor, ())
    wanted = [*bands, *definition.flag_bands]
    wanted += [name for name in optional if has_band(item, definition, name)]
    footprint, (start, middle, _) = compute_footprint(item), compute_time(item)
    state, relative = read_orbit_state(item), read_relative_orbit(item)
    mean = read_number(item, "view:incidence_angle")
    if definition.sensor == "sentinel-1":
        if mean is not None and not SEEN_DEG[0] <= mean <= SEEN_DEG[1]:
            raise SceneError(
                f"item {item.id}: 'view:incidence_angle' is {mean:g}, which is no angle in degrees "
                "at which a radar looks; correct the item, or leave it out"
            )
        track = relative if mean is None else None  # the angle will be that of the track
        wrong = find_contradiction(find_platform(item), state, start, footprint, track)
        if wrong is not None:
            raise SceneError(f"item {item.id}: {wrong}; correct the item, or leave it out")
    notes = [item.assets[key] for key in definition.annotations if key in item.assets]
    return Scene(
        id=item.id,
        datetime=middle,
        definition=definition,
        bands=resolve_bands(item, definition, dict.fromkeys(wanted)),
        centre=compute_centroid(footprint),
        span_m=_measure_span(compute_unrolled(footprint).bounds),
        orbit_state=state,
        relative_orbit=relative,
        mean_incidence_deg=mean,
        annotation=notes[0].get_absolute_href() if notes else None,
        check_dark_pixels=needs_dark_pixel_check(item, definition),
        provisional=any(
            str(item.properties.get(key)) in values
            for key, values in definition.provisional.items()
        ),
    )


def _measure_span(bounds: tuple[float, float, float, float]) -> float:
    """Diagonal of a bounding box in degrees, metres."""
    west, south, east, north = bounds
    return float(_WGS84.inv(west, south, east, north)[2])
