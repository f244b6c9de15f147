"""Tilted planes, whose slope and aspect are known."""

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.terrain import load_terrain

WIDE = Affine(30, 0, 599_000, 0, -30, 5_101_000)
DEGREES = Affine(1 / 3600, 0, 10.27, 0, -1 / 3600, 46.06)


def rise(x, y, east, north):
    """A plane that rises by ``east`` and ``north`` metres a map metre."""
    return 500 + east * (x - 600_000) + north * (y - 5_100_000)


def plane_on_map(east, north):
    rows, cols = np.indices((100, 110))
    x, y = WIDE * (cols + 0.5, rows + 0.5)
    return rise(x, y, east, north).astype(np.float32)


def plane_in_degrees(east, north):
    rows, cols = np.indices((150, 200))
    lon, lat = DEGREES * (cols + 0.5, rows + 0.5)
    x, y = Transformer.from_crs(4326, 32632, always_xy=True).transform(lon, lat)
    return rise(x, y, east, north).astype(np.float32)


@pytest.mark.parametrize(
    "east, north, aspect",
    [(-0.1, 0, 90), (0.1, 0, 270), (0, 0.1, 180), (0, -0.1, 0), (-0.1, -0.1, 45), (0.3, 0.3, 225)],
)
@pytest.mark.parametrize("crs", ["EPSG:32632", "EPSG:4326"])
@pytest.mark.parametrize("factor", [1, 5])
def test_a_tilted_plane(east, north, aspect, crs, factor, tmp_path, write_tif, make_scene):
    """Aspect is downhill; the map's scale at 100 km from its meridian is 0.9997."""
    degrees = crs == "EPSG:4326"
    values = (plane_in_degrees if degrees else plane_on_map)(east, north)
    href = write_tif(tmp_path / "dem.tif", values, transform=DEGREES if degrees else WIDE, crs=crs)
    affine = Affine(10 * factor, 0, 600_000, 0, -10 * factor, 5_100_000)
    there = Block.whole(GeoBox((20, 25), affine, "EPSG:32632"))
    layers = load_terrain([make_scene("dem", {"elevation": href}, "dem")], there, factor)
    x, y = np.meshgrid(there.xs(), there.ys())
    np.testing.assert_allclose(layers["elevation"], rise(x, y, east, north), atol=0.01)
    slope = np.degrees(np.arctan(np.hypot(east, north) * 0.9997))
    np.testing.assert_allclose(layers["slope_deg"], slope, atol=0.05)
    turn = (layers["aspect_deg"] - aspect + 180) % 360 - 180
    np.testing.assert_allclose(turn, 0, atol=0.5)
    assert (layers["aspect_deg"] >= 0).all()
    assert (layers["aspect_deg"] < 360).all()


def test_a_plane_on_a_geographic_tile(tmp_path, write_tif, make_scene):
    """0.01 degrees at 46 N are 1111.4 m down and 774.6 m across (WGS 84)."""
    rows, cols = np.indices((60, 60))
    affine = Affine(0.01, 0, 9.9, 0, -0.01, 46.3)
    values = (1000 + 77.46 * cols + 111.14 * rows).astype(np.float32)
    href = write_tif(tmp_path / "dem.tif", values, transform=affine, crs="EPSG:4326")
    there = Block.whole(GeoBox((40, 40), Affine(0.01, 0, 10, 0, -0.01, 46.2), "EPSG:4326"))
    layers = load_terrain([make_scene("dem", {"elevation": href}, "dem")], there, 1)
    middle = layers["slope_deg"][20, 20], layers["aspect_deg"][20, 20]
    assert middle[0] == pytest.approx(np.degrees(np.arctan(np.hypot(0.1, 0.1))), abs=0.02)
    assert middle[1] == pytest.approx(315, abs=0.1)  # rises to the south-east, faces north-west


def test_flat_ground_faces_nowhere(block, tmp_path, write_tif, make_scene):
    values = np.full((100, 120), 12, np.float32)
    href = write_tif(tmp_path / "dem.tif", values, row=-10, col=-10)
    layers = load_terrain([make_scene("dem", {"elevation": href}, "dem")], block, 1)
    assert (layers["slope_deg"] == 0).all()
    assert np.isnan(layers["aspect_deg"]).all()
    assert (layers["eastness"] == 0).all()
    assert (layers["northness"] == 0).all()


def test_facings_are_means_to_which_flat_ground_adds_nothing(tmp_path, write_tif, make_scene):
    """West of a crease the ground falls to the east by 1 in 10, east of it it is flat."""
    x = 599_000 + 10 * (np.arange(300) + 0.5)
    values = np.tile(np.maximum(600_050 - x, 0) / 10, (300, 1)).astype(np.float32)
    affine = Affine(10, 0, 599_000, 0, -10, 5_101_000)
    href = write_tif(tmp_path / "dem.tif", values, transform=affine, crs="EPSG:32632")
    cells = Affine(100, 0, 599_900, 0, -100, 5_100_200)
    there = Block.whole(GeoBox((2, 4), cells, "EPSG:32632"))
    layers = load_terrain([make_scene("dem", {"elevation": href}, "dem")], there, 10)
    # In the second cell five pixels of ten fall, and one beyond them, whose neighbour is higher.
    np.testing.assert_allclose(layers["eastness"], [[1.0, 0.6, 0.0, 0.0]] * 2, atol=1e-6)
    np.testing.assert_allclose(layers["northness"], 0, atol=1e-6)
    assert (layers["aspect_deg"][:, :2] == 90).all()
    assert np.isnan(layers["aspect_deg"][:, 2:]).all()


def test_two_scenes_side_by_side_have_no_seam(block, tmp_path, write_tif, make_scene):
    plane = np.tile(np.arange(120, dtype=np.float32), (100, 1))
    halves = [
        make_scene(
            name,
            {"elevation": write_tif(tmp_path / f"{name}.tif", part, row=-10, col=col)},
            "dem",
        )
        for name, part, col in (("a", plane[:, :60], -10), ("b", plane[:, 60:], 50))
    ]
    layers = load_terrain(halves, block, 1)
    np.testing.assert_allclose(layers["slope_deg"], np.degrees(np.arctan(0.1)), atol=0.01)


def test_unknown_ground_stays_unknown(block, tmp_path, write_tif, make_scene):
    values = np.full((100, 120), 12, np.float32)
    values[50, 60] = -9999
    href = write_tif(tmp_path / "dem.tif", values, row=-10, col=-10, nodata=-9999)
    scene = make_scene("dem", {"elevation": href}, "dem")
    layers = load_terrain([scene], block, 1)
    assert np.isnan(layers["elevation"][40, 50])
    assert np.isnan(layers["elevation"]).sum() == 1
    assert np.isnan(layers["slope_deg"]).sum() == 9
    nowhere = load_terrain([], block, 1)
    assert all(np.isnan(values).all() for values in nowhere.values())


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(size=st.integers(3, 19), factor=st.sampled_from([1, 3]))
def test_any_cut_gives_the_bits_of_the_whole(size, factor, tmp_path_factory, write_tif, make_scene):
    path = tmp_path_factory.getbasetemp() / "dem-cut.tif"
    if not path.exists():
        noise = np.random.default_rng(0).normal(500, 30, (150, 200)).astype(np.float32)
        write_tif(path, noise, transform=DEGREES, crs="EPSG:4326")
    scene = make_scene("dem", {"elevation": str(path)}, "dem")
    affine = Affine(10 * factor, 0, 600_000, 0, -10 * factor, 5_100_000)
    whole = Block.whole(GeoBox((20, 25), affine, "EPSG:32632"))
    layers = load_terrain([scene], whole, factor)
    for part in whole.split(size):
        for name, values in load_terrain([scene], part, factor).items():
            np.testing.assert_array_equal(values, layers[name][part.within(whole)])


def test_the_first_scene_counts_and_the_next_fills_its_voids(
    block, tmp_path, write_tif, make_scene
):
    first = np.full((100, 120), 300, np.int16)
    first[:, :60] = -9999
    second = np.full((100, 120), 500, np.int16)
    scenes = [
        make_scene(
            name,
            {
                "elevation": Band(
                    "elevation",
                    write_tif(tmp_path / f"{name}.tif", values, row=-10, col=-10),
                    "m",
                    nodata=-9999,
                )
            },
            "dem",
        )
        for name, values in (("z", first), ("a", second))
    ]
    elevation = load_terrain(scenes, block, 1)["elevation"]
    assert (elevation[:, :50] == 500).all()
    assert (elevation[:, 51:] == 300).all()
    assert (load_terrain(scenes[::-1], block, 1)["elevation"] == 500).all()
