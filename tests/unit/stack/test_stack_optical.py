from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.spec.recipe import Optical
from smmap.spec.tile import Block
from smmap.stack.dark_pixels import check_dark_pixels
from smmap.stack.optical import OpticalBlock

OVERPASS = datetime(2023, 4, 15, 17, 25, tzinfo=UTC)
SOIL, WATER, CLOUD, SNOW = 5, 6, 9, 11
LAYERS = {"red", "nir", "water", "snow", "optical_age_days", "optical_stale_share"}


@pytest.fixture(scope="module")
def make_optical(tmp_path_factory, write_tif, make_scene):
    """A scene of red and nir as 1e4 numbers (0: nodata) and a class band at 20 m."""

    def make(name, red, classes=SOIL, days=0.0, nir=None, shape=(80, 100), **changes):
        folder = tmp_path_factory.mktemp("optical")
        red = np.broadcast_to(np.asarray(red, np.uint16), shape)
        nir = red if nir is None else np.broadcast_to(np.asarray(nir, np.uint16), shape)
        kind = np.broadcast_to(np.asarray(classes, np.uint8), (shape[0] // 2, shape[1] // 2))
        coarse = Affine(20, 0, 600_000, 0, -20, 5_100_000)
        bands = {
            "red": Band("red", write_tif(folder / "red.tif", red), "1", scale=1e-4, nodata=0),
            "nir": Band("nir", write_tif(folder / "nir.tif", nir), "1", scale=1e-4, nodata=0),
            "scl": write_tif(folder / "scl.tif", kind, transform=coarse),
        }
        moment = OVERPASS + timedelta(days=days)
        return make_scene(name, bands, "sentinel-2", datetime=moment, **changes)

    return make


def open_block(block, factor=1, **options):
    return OpticalBlock(block, factor, ("red", "nir"), Optical(**options))


def test_reflectance_surface_and_age(block, make_optical):
    kind = np.full((40, 50), SOIL)
    kind[:10], kind[10:20] = WATER, SNOW
    layers = open_block(block).load_layers([make_optical("a", 1234, kind, days=-2.5)], OVERPASS)
    assert set(layers) == LAYERS
    np.testing.assert_allclose(layers["red"], 0.1234, rtol=1e-6)
    rows = np.arange(80) // 20
    np.testing.assert_array_equal(layers["water"][:, 0], rows == 0)
    np.testing.assert_array_equal(layers["snow"][:, 0], rows == 1)
    assert (layers["optical_age_days"] == 2.5).all()
    assert (layers["optical_stale_share"] == 0).all()


def test_cloud_is_never_used(block, make_optical):
    """Bright cloud over half the scene; no other scene: nothing there, rather than cloud."""
    kind = np.full((40, 50), SOIL)
    kind[:, 25:] = CLOUD
    scene = make_optical("a", np.where(np.arange(100) < 50, 500, 9000), kind)
    for join in ("nearest", "median"):
        layers = open_block(block, join=join).load_layers([scene], OVERPASS)
        for name, values in layers.items():
            assert np.isfinite(values[:, :50]).all(), name
            assert np.isnan(values[:, 50:]).all(), name
        assert np.nanmax(layers["red"]) == np.float32(0.05)


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 7, 8, 9, 10])
def test_no_class_but_those_named_clear(block, make_optical, kind):
    layers = open_block(block).load_layers([make_optical("a", 900, kind)], OVERPASS)
    assert all(np.isnan(values).all() for values in layers.values())


def test_the_nearest_clear_scene_wins_pixel_by_pixel(block, make_optical):
    kind = np.full((40, 50), SOIL)
    kind[:, :25] = CLOUD
    scenes = [
        make_optical("a", 1000, days=-2),
        make_optical("b", 2000, kind, days=1),
        make_optical("c", 3000, days=2.5),
    ]
    layers = open_block(block).load_layers(scenes, OVERPASS)
    np.testing.assert_allclose(layers["red"][:, :50], 0.1, rtol=1e-6)
    np.testing.assert_allclose(layers["red"][:, 50:], 0.2, rtol=1e-6)
    assert (layers["optical_age_days"][:, :50] == 2).all()
    assert (layers["optical_age_days"][:, 50:] == 1).all()
    median = open_block(block, join="median").load_layers(scenes, OVERPASS)
    np.testing.assert_allclose(median["red"][:, :50], 0.2, rtol=1e-6)  # of 0.1 and 0.3
    np.testing.assert_allclose(median["red"][:, 50:], 0.2, rtol=1e-6)  # of all three


@pytest.mark.parametrize("clouded", [False, True])
def test_a_nearest_scene_that_is_clear_everywhere_is_all(block, make_optical, clouded):
    """The others make no difference, clear or not."""
    others = CLOUD if clouded else SOIL
    scenes = [
        make_optical("a", 1000, others, days=-3),
        make_optical("b", 2000, days=-1),
        make_optical("c", 3000, others, days=1),
    ]
    layers = open_block(block).load_layers(scenes, OVERPASS)
    np.testing.assert_allclose(layers["red"], 0.2, rtol=1e-6)
    assert (layers["optical_age_days"] == 1).all()


def test_one_scene_that_alone_is_clear_anywhere_leaves_gaps(block, make_optical):
    """It is further off than the others, which are cloud; where it is cloud nothing is there."""
    kind = np.full((40, 50), SOIL)
    kind[:, :25] = CLOUD
    scenes = [
        make_optical("a", 9000, CLOUD, days=-1),
        make_optical("b", 2000, kind, days=2),
        make_optical("c", 9000, CLOUD, days=3),
    ]
    one = open_block(block)
    for _ in range(2):
        layers = one.load_layers(scenes, OVERPASS)
        assert all(np.isnan(values[:, :50]).all() for values in layers.values())
        np.testing.assert_allclose(layers["red"][:, 50:], 0.2, rtol=1e-6)
        assert (layers["optical_age_days"][:, 50:] == 2).all()
        assert (layers["optical_stale_share"][:, 50:] == 0).all()
        assert (layers["water"][:, 50:] == 0).all()


def test_a_pixel_needs_all_its_bands(block, make_optical):
    """Red without near infrared is of no use; it must not pair with another day's."""
    nir = np.full((80, 100), 3000)
    nir[:, :50] = 0
    scenes = [make_optical("a", 1000, nir=nir, days=0.5), make_optical("b", 2000, days=2)]
    layers = open_block(block).load_layers(scenes, OVERPASS)
    np.testing.assert_allclose(layers["red"][0, [0, 99]], [0.2, 0.1], rtol=1e-6)
    np.testing.assert_allclose(layers["nir"][0, [0, 99]], [0.2, 0.3], rtol=1e-6)


def test_no_scenes_give_no_numbers(block):
    layers = open_block(block).load_layers([], OVERPASS)
    assert set(layers) == LAYERS
    assert all(np.isnan(values).all() for values in layers.values())
    assert all(values.shape == block.shape for values in layers.values())


def test_cells_average_what_is_clear(make_optical):
    """A 100 m cell of 10 x 10: a fifth is cloud, of the rest a quarter is water."""
    cell = Block.whole(GeoBox((1, 1), Affine(100, 0, 600_000, 0, -100, 5_100_000), "EPSG:32632"))
    kind = np.full((5, 5), SOIL)
    kind[0], kind[1] = CLOUD, WATER
    red = np.repeat(np.array([9000, 200, 1000, 1000, 1000]), 2)[:, None]
    scene = make_optical("a", red, kind, shape=(10, 10))
    layers = open_block(cell, factor=10).load_layers([scene], OVERPASS)
    assert layers["red"][0, 0] == pytest.approx((0.02 + 3 * 0.1) / 4, rel=1e-6)
    assert layers["water"][0, 0] == pytest.approx(0.25)


def test_stale_shares_of_a_cell_do_not_cancel(make_optical):
    """Half of a cell from long before the overpass, half from long after: all of it is stale."""
    cell = Block.whole(GeoBox((1, 1), Affine(100, 0, 600_000, 0, -100, 5_100_000), "EPSG:32632"))
    left = np.where(np.arange(5) < 2, SOIL, CLOUD)
    scenes = [
        make_optical("a", 1000, left, days=-15, shape=(10, 10)),
        make_optical("b", 1000, np.where(left == SOIL, CLOUD, SOIL), days=15, shape=(10, 10)),
    ]
    layers = open_block(cell, factor=10, window_days=20).load_layers(scenes, OVERPASS)
    assert layers["optical_stale_share"][0, 0] == 1
    assert layers["optical_age_days"][0, 0] == 15
    scenes[1] = make_optical("c", 1000, np.where(left == SOIL, CLOUD, SOIL), shape=(10, 10))
    layers = open_block(cell, factor=10, window_days=20).load_layers(scenes, OVERPASS)
    assert layers["optical_stale_share"][0, 0] == pytest.approx(0.4)


def test_a_scene_is_read_once_until_no_later_overpass_can_use_it(block, make_optical):
    scene, later = make_optical("a", 1000), make_optical("b", 1000, days=4)
    one = open_block(block)
    before = one.load_layers([scene], OVERPASS)
    for band in scene.bands.values():
        Path(band.href).unlink()
    again = one.load_layers([scene], OVERPASS + timedelta(days=3))  # still within the window
    np.testing.assert_array_equal(again["red"], before["red"])
    one.load_layers([later], OVERPASS + timedelta(days=3, seconds=1))
    with pytest.raises(SceneError) as caught:
        one.load_layers([scene], OVERPASS)
    assert caught.value.scene == "a"


def test_a_part_of_a_block(block, make_optical):
    red = np.arange(8000).reshape(80, 100) + 1
    one = open_block(block)
    part = Block(block.geobox, 10, 20, 30, 40)
    whole = one.load_layers([make_optical("a", red)], OVERPASS)
    found = one.load_layers([make_optical("a", red)], OVERPASS, part)
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values[10:40, 20:60])


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    size=st.integers(7, 39),
    factor=st.sampled_from([1, 2]),
    join=st.sampled_from(["nearest", "median"]),
)
def test_any_cut_gives_the_bits_of_the_whole(size, factor, join, block, tiled_scenes):
    affine = Affine(10 * factor, 0, 600_003, 0, -10 * factor, 5_099_995)
    coarse = Block.whole(GeoBox((80 // factor, 100 // factor), affine, "EPSG:32632"))
    whole = open_block(coarse, factor, join=join).load_layers(tiled_scenes, OVERPASS)
    part = coarse.split(size)[-1]
    found = open_block(part, factor, join=join).load_layers(tiled_scenes, OVERPASS)
    for name, values in whole.items():
        np.testing.assert_array_equal(found[name], values[part.within(coarse)])


@pytest.fixture(scope="module")
def tiled_scenes(make_optical):
    generator = np.random.default_rng(2)
    return [
        make_optical(
            str(n),
            generator.integers(0, 4000, (80, 100)),
            generator.choice([SOIL, WATER, CLOUD, SNOW], (40, 50)),
            days=n - 1,
        )
        for n in range(3)
    ]


def make_dark(make_scene, write_tif, folder, red, classes, scale=1e-4, offset=-0.1, **changes):
    """Stored numbers of red under the metadata's word on the offset."""
    bands = {
        "red": Band("red", write_tif(folder / "red.tif", red), "1", scale, offset, nodata=0),
        "scl": write_tif(folder / "scl.tif", classes),
    }
    return make_scene("s", bands, "sentinel-2", check_dark_pixels=True, **changes)


@pytest.fixture
def vegetation():
    """Red of vegetation, 0.02..0.08, in a scene that is half vegetation and half bright soil."""
    red = np.random.default_rng(0).uniform(0.02, 0.08, (600, 700))
    red[:, 350:] += 0.2
    return red, np.where(np.arange(700) < 350, 4, 5).astype(np.uint8) * np.ones((600, 1), np.uint8)


def store(reflectance, offset):
    return np.round((reflectance - offset) / 1e-4).astype(np.uint16)


def test_metadata_that_agree_with_dark_pixels(vegetation, make_scene, write_tif, tmp_path):
    red, classes = vegetation
    for name, offset in (("with", -0.1), ("without", 0.0)):
        stored = store(red, offset)
        scene = make_dark(make_scene, write_tif, tmp_path / name, stored, classes, offset=offset)
        check_dark_pixels(scene)


def test_an_offset_applied_twice(vegetation, make_scene, write_tif, tmp_path):
    """The file has it taken out, the metadata say it has not: 0.05 becomes -0.05."""
    red, classes = vegetation
    scene = make_dark(make_scene, write_tif, tmp_path, store(red, 0.0), classes, offset=-0.1)
    with pytest.raises(SceneError, match=r"100% of its dark pixels are below zero") as caught:
        check_dark_pixels(scene)
    assert caught.value.scene == "s"


def test_an_offset_never_applied(vegetation, make_scene, write_tif, tmp_path):
    """The file still carries it, the metadata say it does not: 0.05 becomes 0.15."""
    red, classes = vegetation
    scene = make_dark(make_scene, write_tif, tmp_path, store(red, -0.1), classes, offset=0.0)
    with pytest.raises(SceneError, match=r"start at 0\.12: the baseline offset was not applied"):
        check_dark_pixels(scene)


def test_without_dark_pixels_nothing_is_said(vegetation, make_scene, write_tif, tmp_path):
    red, _ = vegetation
    classes = np.full(red.shape, CLOUD, np.uint8)
    check_dark_pixels(make_dark(make_scene, write_tif, tmp_path, store(red, 0.0), classes))


def test_scenes_whose_metadata_are_trusted_are_not_read(make_scene, tmp_path):
    bands = {"red": str(tmp_path / "none.tif"), "scl": str(tmp_path / "none.tif")}
    check_dark_pixels(make_scene("s", bands, "sentinel-2"))
    with pytest.raises(SceneError):
        check_dark_pixels(make_scene("s", bands, "sentinel-2", check_dark_pixels=True))


def test_class_bands_of_another_pixel_size(vegetation, make_scene, write_tif, tmp_path):
    """Red at 10 m, classes at 20 m: each dark pixel meets its own class."""
    red, classes = vegetation
    thin = np.ascontiguousarray(classes[::2, ::2])
    scene = make_dark(make_scene, write_tif, tmp_path, store(red, 0.0), thin, offset=-0.1)
    with pytest.raises(SceneError, match="100% of its dark pixels"):
        check_dark_pixels(scene)
