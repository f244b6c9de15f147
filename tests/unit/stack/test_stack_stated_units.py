"""Units as files state them, against conversions by hand."""

from __future__ import annotations

import pytest

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack.stated_units import check_stated_units


def check(stated, units, scale=1.0, offset=0.0, *, accumulated=False):
    band = Band("rain", "/data/a.nc", units, scale, offset, variable="tp")
    check_stated_units(stated, band, accumulated=accumulated)


@pytest.mark.parametrize(
    "stated, units, scale, offset",
    [
        ("K", "degC", 1, -273.15),
        ("degC", "degC", 1, 0),
        ("K", "K", 1, 0),
        ("Celsius", "K", 1, 273.15),
        ("m**3 m**-3", "m3 m-3", 1, 0),
        ("cm**3/cm**3", "m3 m-3", 1, 0),
        ("%", "m3 m-3", 0.01, 0),
        ("%", "%", 1, 0),
        ("mm", "m", 0.001, 0),
        ("kg m-2", "m3 m-3", 0.01, 0),  # of a layer of 10 cm: not to be judged
        ("kg m**-2 s**-1", "m d-1", 86.4, 0),
        ("kg/m^2/s", "m d-1", 86.4, 0),
        ("mm/day", "m d-1", 0.001, 0),
        ("mm h-1", "m d-1", 0.024, 0),
        ("m s-1", "m d-1", 86400, 0),
        ("furlong", "m", 1, 0),
        (None, "m d-1", 1, 0),
    ],
)
def test_units_that_agree(stated, units, scale, offset):
    check(stated, units, scale, offset)


@pytest.mark.parametrize("stated, scale", [("m", 1), ("m of water equivalent", 1), ("mm", 0.001)])
def test_amounts_that_agree(stated, scale):
    check(stated, "m d-1", scale, accumulated=True)
    check("kg m-2", "m d-1", 0.001, accumulated=True)


@pytest.mark.parametrize(
    "stated, units, scale, offset, right",
    [
        ("degC", "degC", 1, -273.15, "scale 1 and offset 0"),
        ("K", "degC", 1, 0, "scale 1 and offset -273.15"),
        ("%", "m3 m-3", 1, 0, "scale 0.01 and offset 0"),
        ("cm", "m", 1, 0, "scale 0.01 and offset 0"),
        ("kg m-2 s-1", "m d-1", 1, 0, "scale 86.4 and offset 0"),
        ("mm d-1", "m d-1", 1, 0, "scale 0.001 and offset 0"),
    ],
)
def test_units_that_contradict(stated, units, scale, offset, right):
    with pytest.raises(SceneError, match=f"'tp' is in '{stated}', .* needs {right}$"):
        check(stated, units, scale, offset)


@pytest.mark.parametrize(
    "stated, accumulated, right",
    [
        ("mm", True, "scale 0.001 and offset 0"),
        ("kg m**-2", True, "scale 0.001 and offset 0"),
        ("kg m**-2 s**-1", True, "scale 86.4 and offset 0, without 'accumulated'"),
        ("m", False, "scale 1 and offset 0, with 'accumulated'"),
    ],
)
def test_rain_of_other_units(stated, accumulated, right):
    """1 kg m-2 s-1 is 86,400 mm a day."""
    with pytest.raises(SceneError) as refused:
        check(stated, "m d-1", accumulated=accumulated)
    assert str(refused.value).endswith(f"needs {right}")
