"""Radar whose numbers cannot be what its definition says."""

from __future__ import annotations

import numpy as np
import pytest

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack.decode import decode

LAND = np.random.default_rng(0).uniform(0.01, 0.4, (40, 40)).astype(np.float32)
"""Power."""


@pytest.mark.parametrize(
    "units, stored",
    [
        ("linear", 2000 * LAND + 20),  # amplitudes that were saved as float32
        ("dB", LAND),  # power
    ],
)
def test_power_that_no_ground_sends_back_is_refused(units, stored):
    with pytest.raises(SceneError, match=r"'vv' of a\.tif is power of .* and more everywhere"):
        decode(stored, Band("vv", "a.tif", units), None)


def test_bright_places_are_no_reason():
    """A few roofs; a city with a dark street; land in decibels."""
    decode(np.full((7, 7), 30, np.float32), Band("vv", "a.tif", "linear"), None)
    city = np.full((40, 40), 3, np.float32)
    city[7, 7] = 0.2
    decode(city, Band("vv", "a.tif", "linear"), None)
    decode(10 * np.log10(LAND), Band("vv", "a.tif", "dB"), None)


def test_angles_are_degrees():
    angle = np.linspace(29, 46, 40, dtype=np.float32).reshape(5, 8)
    band = Band("incidence", "a.tif", "degree")
    for wrong in (np.radians(angle), 100 * angle, -angle):
        with pytest.raises(SceneError, match=r"'incidence' of a\.tif holds .* no angle in degrees"):
            decode(wrong, band, None)
    angle[0, 0] = 0  # outside the swath
    found = decode(angle, band, None)
    assert np.isnan(found[0, 0])
    assert np.array_equal(found.ravel()[1:], angle.ravel()[1:])


def test_reflectances_that_are_scaled_already():
    """Of one's own, as float32, where neither item nor file says so."""
    share = np.random.default_rng(1).uniform(0.001, 1.2, (40, 40)).astype(np.float32)
    share[:5] = np.nan
    packed = Band("red", "a.tif", "1", scale=1e-4, nodata=0)
    with pytest.raises(SceneError, match=r"'red' of a\.tif holds .* shares of the light already"):
        decode(share, packed, 0)
    decode(np.float32(1e4) * share, packed, 0)
    decode(share, Band("red", "a.tif", "1"), None)
    nothing = np.zeros((40, 40), np.float32)
    nothing[0, 0] = 0.5  # little is known: not judged
    decode(nothing, packed, 0)
    decode(np.full((40, 40), 2, np.float32), packed, 0)  # as black as can be, and packed
