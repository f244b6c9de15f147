"""The incidence angle of a Sentinel-1 GRD product's annotation (geolocation grid)."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ET
from functools import cache, lru_cache
from threading import Lock

import numpy as np

from smmap.features.geolocation import IncidenceField, fit_incidence
from smmap.spec.band import Signer
from smmap.spec.errors import SceneError
from smmap.store.fetch import read_small_file

logger = logging.getLogger(__name__)

_one_at_a_time = Lock()


@lru_cache(maxsize=64)
def load_annotation_angle(
    href: str, signer: Signer | None = None, requests_per_second: float | None = None
) -> IncidenceField:
    """The ellipsoid angle as a smooth field over longitude and latitude.

    Raises
    ------
    SceneError
        If the file is not there, or is no annotation with a geolocation grid.
    TransientError
        If a remote file cannot be had at the moment.
    """
    try:
        text = read_small_file(href, signer, requests_per_second)
        root = ET.fromstring(text)  # noqa: S314 (no outside entities)
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


def is_annotation_usable(
    href: str, signer: Signer | None = None, requests_per_second: float | None = None
) -> bool:
    """Whether the annotation gives angles; decided once, so that all blocks of a scene agree.

    Raises
    ------
    TransientError
        If a remote file cannot be had at the moment: nothing is decided.
    """
    with _one_at_a_time:
        return _try(href, signer, requests_per_second)


@cache
def _try(href: str, signer: Signer | None, requests_per_second: float | None) -> bool:
    try:
        load_annotation_angle(href, signer, requests_per_second)
    except SceneError as error:
        logger.warning("the annotation is left aside, the angle comes from elsewhere: %s", error)
        return False
    return True
