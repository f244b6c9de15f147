import numpy as np
import pytest

from smmap.features.geolocation import fit_incidence
from smmap.features.incidence import compute_incidence
from smmap.spec.errors import SceneError


def make_grid(lon=13.0, lat=42.0):
    """A swath's grid with the angles of the orbit itself."""
    across, along = np.meshgrid(np.linspace(-1.5, 1.5, 21), np.linspace(-0.8, 0.8, 10))
    east, north = lon + across - 0.25 * along, lat + along + 0.14 * across
    theta = compute_incidence(east, north, orbit_state="ascending", anchor=(lon, lat, 38.5))
    return tuple(one.ravel() for one in (east, north, theta, 1000 * np.sin(9 * east)))


def test_between_the_points_too():
    lon, lat, theta, height = make_grid()
    field = fit_incidence(lon, lat, theta + 0.04e-3 * (height - height.mean()), height)
    assert field.residual_deg < 0.01
    east, north = np.array([12.03, 13.111, 13.9]), np.array([41.77, 42.05, 42.3])
    expected = compute_incidence(east, north, orbit_state="ascending", anchor=(13.0, 42.0, 38.5))
    np.testing.assert_allclose(field.compute(east, north), expected, atol=0.01)


def test_no_value_far_outside_or_where_nodata():
    field = fit_incidence(*make_grid())
    lon = np.array([20.0, 13.0, np.nan])
    assert np.isnan(field.compute(lon, np.array([42.0, 50.0, 42.0]))).all()


def test_the_antimeridian_is_no_edge():
    lon, lat, theta, height = make_grid(lon=180.0)
    plain = fit_incidence(lon, lat, theta, height)
    wrapped = fit_incidence(np.where(lon > 180, lon - 360, lon), lat, theta, height)
    east, north = np.array([179.7, -179.6]), np.array([42.0, 42.1])
    np.testing.assert_allclose(wrapped.compute(east, north), plain.compute(east, north), atol=1e-6)


def test_every_cut_gives_the_same_bits():
    field = fit_incidence(*make_grid())
    lon, lat = np.meshgrid(np.linspace(12.5, 13.5, 37), np.linspace(41.5, 42.5, 29))
    whole = field.compute(lon, lat)
    for cut in (np.s_[3:4, 5:6], np.s_[1:12, 3:20]):
        np.testing.assert_array_equal(field.compute(lon[cut], lat[cut]), whole[cut])


def test_grids_that_are_none_are_refused():
    lon, lat, theta, height = make_grid()
    with pytest.raises(SceneError, match="too small"):
        fit_incidence(lon[:5], lat[:5], theta[:5], height[:5])
    with pytest.raises(SceneError, match="not smooth"):
        fit_incidence(lon, lat, np.random.default_rng(0).uniform(30, 46, lon.size), height)
