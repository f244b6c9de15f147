"""The incidence angle of a Sentinel-1 GRD product's annotation (geolocation grid)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import lru_cache

import numpy as np

from smmap.features.geolocation import IncidenceField, fit_incidence
from smmap.spec.errors import SceneError
from smmap.store.fetch import read_small_file


@lru_cache(maxsize=64)
def load_annotation_angle(href: str) -> IncidenceField:
    """The ellipsoid angle as a smooth field over longitude and latitude.

    Raises
    ------
    SceneError
        If the file is no annotation with a geolocation grid.
    """
    try:
        root = ET.fromstring(read_small_file(href))  # noqa: S314 (expat expands no outside entity)
    except (ET.ParseError, LookupError, ValueError):  # the last two: encodings
        root = None
    points = root.findall(".//geolocationGridPoint") if root is not None else []
    try:
        lon, lat, angle, height_m = (
            np.array([float(point.findtext(name, "")) for point in points])
            for name in ("longitude", "latitude", "incidenceAngle", "height")
        )
    except ValueError:
        points = []
    if not points:
        raise SceneError(
            f"{href} is no Sentinel-1 annotation with a geolocation grid; set 'radar.angle' to "
            "'orbit', or correct the catalogue"
        )
    return fit_incidence(lon, lat, angle, height_m)
