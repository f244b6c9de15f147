import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from smmap.features.incidence import compute_incidence
from smmap.spec.errors import SceneError


def to_ecef(lon, lat, a=6378137.0, f=1 / 298.257223563):
    lon, lat = math.radians(lon), math.radians(lat)
    e2 = f * (2 - f)
    n = a / math.sqrt(1 - e2 * math.sin(lat) ** 2)
    up = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    return np.array([n, n, n * (1 - e2)]) * up, up


def fly(lon, lat, node_deg, *, ascending):
    """Incidence at a point by brute force: fly the orbit in vectors, take the closest approach."""
    ground, up = to_ecef(lon, lat)
    i = math.radians(98.18)

    def position(u):
        radius = 7_075_400 * (1 - 0.00118 * math.sin(u))
        turn = math.radians(node_deg) - u * 12 / 175
        x, y, z = math.cos(u), math.cos(i) * math.sin(u), math.sin(i) * math.sin(u)
        c, s = math.cos(turn), math.sin(turn)
        return radius * np.array([c * x - s * y, s * x + c * y, z])

    low, high = (-math.pi / 2, math.pi / 2) if ascending else (math.pi / 2, 3 * math.pi / 2)
    us = np.linspace(low, high, 400)
    best = us[np.argmin([np.linalg.norm(position(u) - ground) for u in us])]
    found = minimize_scalar(
        lambda u: np.linalg.norm(position(u) - ground),
        bounds=(best - 0.02, best + 0.02),
        method="bounded",
        options={"xatol": 1e-10},
    )
    sight = position(found.x) - ground
    return math.degrees(math.acos(sight @ up / np.linalg.norm(sight)))


@pytest.mark.parametrize("orbit_state", ["ascending", "descending"])
@pytest.mark.parametrize("lat", [-55.0, -20.0, 0.0, 33.0, 51.2, 70.0])
def test_against_an_orbit_flown_in_vectors(lat, orbit_state):
    """Within 0.12 degrees: the sphere of the local radius leaves the ellipsoid's tilt out."""
    ascending = orbit_state == "ascending"
    orbit = 88
    node = 0.171 - (orbit - 1) * 360 * 12 / 175
    if ascending and lat < 0:
        node -= 360 * 12 / 175
    i, phi = math.radians(98.18), math.radians(lat)
    u = math.asin(math.sin(phi) / math.sin(i))
    u = u if ascending else math.pi - u
    track = node + math.degrees(math.atan2(math.cos(i) * math.sin(u), math.cos(u)) - u * 12 / 175)
    side = 1 if ascending else -1
    for reach in (3.0, 4.5, 5.5):
        lon = track + side * reach / math.cos(phi)
        theta = compute_incidence(
            np.array([lon]), np.array([lat]), orbit_state=orbit_state, relative_orbit=orbit
        )
        assert theta[0] == pytest.approx(fly(lon, lat, node, ascending=ascending), abs=0.12)


@pytest.mark.parametrize("orbit_state, right", [("ascending", 1), ("descending", -1)])
@pytest.mark.parametrize("lon, lat", [(5.06, 51.2), (-120.0, 35.0), (179.99, -17.0), (25.0, 78.0)])
def test_looks_to_the_right_and_grows_across_the_track(orbit_state, right, lon, lat):
    anchor = (lon, lat, 38.0)
    steps = np.linspace(-1, 1, 41) / math.cos(math.radians(lat))
    theta = compute_incidence(lon + steps, np.full(41, lat), orbit_state=orbit_state, anchor=anchor)
    assert theta[20] == pytest.approx(38.0, abs=1e-6)
    assert (right * np.diff(theta) > 0).all()
    behind = compute_incidence(
        np.array([lon - right * 6 / math.cos(math.radians(lat))]),
        np.array([lat]),
        orbit_state=orbit_state,
        anchor=anchor,
    )
    assert np.isnan(behind).all()


def test_the_antimeridian_is_no_edge():
    args = {"orbit_state": "ascending", "anchor": (179.9, 10.0, 38.0)}
    lat = np.array([10.0, 10.0])
    one, two = compute_incidence(np.array([-179.5, 180.5]), lat, **args)
    assert one == pytest.approx(two, abs=1e-9)


def test_a_slice_over_the_equator_has_no_step():
    """Its items carry the orbit in which it started, south of the equator."""
    lat = np.linspace(-1, 1, 41)
    track = 0.171 - 42 * 360 * 12 / 175 - lat * 0.213
    theta = compute_incidence(track + 4.5, lat, orbit_state="ascending", relative_orbit=42)
    assert np.isfinite(theta).all()
    assert np.abs(np.diff(theta)).max() < 0.1


def test_every_cut_gives_the_same_bits_and_nodata_stays():
    lon, lat = np.meshgrid(np.linspace(4, 6, 53), np.linspace(50, 52, 47))
    lon[3, 4] = np.nan
    for args in ({"relative_orbit": 88}, {"anchor": (5.0, 51.0, 39.0)}):
        whole = compute_incidence(lon, lat, orbit_state="ascending", **args)
        assert np.isnan(whole).sum() == 1
        for cut in (np.s_[5:6, 7:8], np.s_[1:14, 3:12], np.s_[40:, 1:]):
            part = compute_incidence(lon[cut], lat[cut], orbit_state="ascending", **args)
            np.testing.assert_array_equal(part, whole[cut])


@pytest.mark.parametrize(
    "args, message",
    [
        ({"orbit_state": None, "relative_orbit": 3}, "sat:orbit_state"),
        ({"orbit_state": "ascending"}, "sat:relative_orbit"),
        ({"orbit_state": "ascending", "relative_orbit": 176}, "1..175"),
        ({"orbit_state": "ascending", "anchor": (5, 51, 95.0)}, "view:incidence_angle"),
        ({"orbit_state": "ascending", "anchor": (5, 51, 0.0)}, "view:incidence_angle"),
    ],
)
def test_never_a_silent_constant(args, message):
    with pytest.raises(SceneError, match=message):
        compute_incidence(np.array([5.0]), np.array([51.0]), **args)
