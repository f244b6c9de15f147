"""Items become scenes: bands settled, facts of the footprint and the orbit looked up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import pystac
from pyproj import Geod

from smmap.catalog.bands import needs_dark_pixel_check, resolve_bands
from smmap.catalog.footprint import (
    compute_centroid,
    compute_footprint,
    compute_time,
    compute_unrolled,
)
from smmap.catalog.signing import sign_href
from smmap.spec.definition import Definition
from smmap.spec.scene import Scene

_ANNOTATIONS = (
    "schema-product-vv", "schema-product-vh", "annotation-vv", "annotation-vh", "annotation",
)  # fmt: skip
"""Asset keys under which providers serve a product's annotation."""
_OPTIONAL = {"sentinel-1": ("vh", "incidence"), "sentinel-2": (), "dem": ()}
_WGS84 = Geod(ellps="WGS84")


def resolve_scene(item: pystac.Item, definition: Definition, bands: Iterable[str]) -> Scene:
    """The scene behind ``item``, with the named bands and those that are welcome if served.

    Raises
    ------
    SceneError
        If a band it must have is missing, or its offset cannot be decided.
    """
    wanted = [*bands]
    if definition.classes is not None:
        wanted.append(definition.classes.band)
    wanted += [
        name
        for name in _OPTIONAL[definition.sensor]
        if name in definition.bands
        and any(key in item.assets for key in definition.bands[name].assets)
    ]
    footprint = compute_footprint(item)
    settled = resolve_bands(item, definition, dict.fromkeys(wanted))
    annotation = next((key for key in _ANNOTATIONS if key in item.assets), None)
    mean = item.properties.get("view:incidence_angle")
    orbit = item.properties.get("sat:relative_orbit")
    state = item.properties.get("sat:orbit_state")
    return Scene(
        id=item.id,
        datetime=compute_time(item)[1],
        definition=definition,
        bands={
            name: replace(band, href=sign_href(band.href, definition))
            for name, band in settled.items()
        },
        centre=compute_centroid(footprint),
        span_m=_measure_span(compute_unrolled(footprint).bounds),
        orbit_state=state if state in ("ascending", "descending") else None,
        relative_orbit=int(orbit) if orbit else None,
        mean_incidence_deg=float(mean) if mean is not None and math.isfinite(mean) else None,
        annotation=None
        if annotation is None
        else sign_href(str(item.assets[annotation].get_absolute_href()), definition),
        check_dark_pixels=needs_dark_pixel_check(item, definition),
    )


def _measure_span(bounds: tuple[float, float, float, float]) -> float:
    """Diagonal of a bounding box in degrees, metres."""
    west, south, east, north = bounds
    return float(_WGS84.inv(west, south, east, north)[2])
