import numpy as np
import pytest

from smmap.features.radiometry import (
    check_radiometry,
    compute_gamma0,
    compute_sigma0,
    get_meaning,
    needs_gamma0,
)
from smmap.spec.definition import Radiometry
from smmap.spec.errors import SceneError


@pytest.mark.parametrize(
    "quantity, surface, expected, meaning",
    [
        ("sigma0", "ellipsoid", 0.2, "sigma0_ellipsoid"),
        ("gamma0", "ellipsoid", 0.1, "sigma0_ellipsoid"),
        ("gamma0", "terrain", 0.1, "sigma0_from_rtc"),
        ("sigma0", "terrain", 0.2, "sigma0_from_rtc"),
    ],
)
def test_cosine_of_sixty_degrees_is_a_half(quantity, surface, expected, meaning):
    radiometry = Radiometry(quantity=quantity, surface=surface)
    power, degrees = np.array([0.2, np.nan], dtype=np.float32), np.array([60.0, 60.0])
    sigma0, said = compute_sigma0(power, degrees, radiometry)
    np.testing.assert_allclose(sigma0, [expected, np.nan], rtol=1e-6)
    assert said == get_meaning(radiometry) == meaning


def test_gamma0_is_the_way_back():
    np.testing.assert_allclose(compute_gamma0(np.array([0.1]), np.radians([60.0])), [0.2])


@pytest.mark.parametrize(
    "meaning, fitted_on, accepted",
    [
        ("sigma0_ellipsoid", "sigma0_ellipsoid", True),
        ("sigma0_from_rtc", "sigma0_ellipsoid", True),
        ("sigma0_from_rtc", "sigma0_from_rtc", True),
        ("sigma0_ellipsoid", "sigma0_from_rtc", False),
        ("sigma0_ellipsoid", "gamma0_ellipsoid", True),
        ("sigma0_from_rtc", "gamma0_ellipsoid", False),
        ("sigma0_from_rtc", "gamma0_terrain", True),
        ("sigma0_ellipsoid", "gamma0_terrain", False),
    ],
)
def test_converted_or_refused(make_card, meaning, fitted_on, accepted):
    card = make_card(radiometry=fitted_on)
    assert needs_gamma0(card) == fitted_on.startswith("gamma0")
    if accepted:
        check_radiometry(meaning, card)
    else:
        with pytest.raises(SceneError, match=f"fitted on {fitted_on}"):
            check_radiometry(meaning, card)
