"""Shares of water, built-up and barren ground, against counting by hand."""

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.catalog.definitions import load_definition
from smmap.spec.band import Band
from smmap.spec.errors import ConfigError, SceneError
from smmap.spec.tile import Block
from smmap.stack.land_cover import load_land_cover

WORLDCOVER = load_definition("local-land-cover")
TREES, CROPS, BUILT, BARE, WATER = 10, 40, 50, 60, 80


@pytest.fixture
def make_map(tmp_path, write_tif, make_scene):
    def make(name, classes, **place):
        href = write_tif(tmp_path / f"{name}.tif", np.asarray(classes, np.uint8), **place)
        band = Band("land_cover", href, "class", nodata=0, resampling="nearest")
        return make_scene(name, {"land_cover": band}, definition=WORLDCOVER)

    return make


@pytest.fixture
def cells():
    """2 x 2 cells of 50 m over 10 x 10 pixels."""
    return Block.whole(GeoBox((2, 2), Affine(50, 0, 600_000, 0, -50, 5_100_000), "EPSG:32632"))


def test_shares_are_counts_of_pixels(cells, make_map):
    classes = np.full((10, 10), CROPS)
    classes[:5, :5] = WATER
    classes[0, :5] = BUILT  # 5 of the first cell's 25
    classes[5:, 5:] = BARE
    classes[9, 9] = 0  # unknown: 24 are left
    layers = load_land_cover([make_map("a", classes)], cells, 5)
    np.testing.assert_allclose(layers["land_cover:water"], [[0.8, 0], [0, 0]])
    np.testing.assert_allclose(layers["land_cover:built_up"], [[0.2, 0], [0, 0]])
    np.testing.assert_allclose(layers["land_cover:barren"], [[0, 0], [0, 1]])
    assert all(values.dtype == np.float32 for values in layers.values())


def test_what_is_unknown_has_no_share(cells, make_map):
    nothing = load_land_cover([], cells, 5)
    empty = load_land_cover([make_map("a", np.zeros((10, 10)))], cells, 5)
    for layers in (nothing, empty):
        assert set(layers) == {"land_cover:water", "land_cover:built_up", "land_cover:barren"}
        assert all(np.isnan(values).all() for values in layers.values())


def test_a_later_map_fills_what_the_earlier_leaves_open(cells, make_map):
    half = np.full((10, 10), WATER)
    half[:, 5:] = 0
    layers = load_land_cover(
        [make_map("a", half), make_map("b", np.full((10, 10), BARE))], cells, 5
    )
    np.testing.assert_array_equal(layers["land_cover:water"], [[1, 0], [1, 0]])
    np.testing.assert_array_equal(layers["land_cover:barren"], [[0, 1], [0, 1]])


def test_blocks_agree_with_the_whole(cells, make_map):
    generator = np.random.default_rng(1)
    classes = generator.choice([0, TREES, CROPS, BUILT, BARE, WATER], (30, 30))
    scene = make_map("a", classes, transform=Affine(9, 0, 599_990, 0, -9, 5_100_010))
    whole = load_land_cover([scene], cells, 5)
    for part in cells.split(1):
        for name, values in load_land_cover([scene], part, 5).items():
            np.testing.assert_array_equal(values, whole[name][part.within(cells)])


def test_a_broken_map_costs_that_map(cells, make_scene, tmp_path):
    band = Band("land_cover", str(tmp_path / "none.tif"), "class", resampling="nearest")
    with pytest.raises(SceneError) as caught:
        load_land_cover([make_scene("m", {"land_cover": band}, definition=WORLDCOVER)], cells, 5)
    assert caught.value.scene == "m"


def test_only_land_cover_has_surfaces():
    for name, changes in (("local-land-cover", {"surfaces": {}}), ("local-dem", {})):
        content = load_definition(name).model_dump(exclude_unset=True) | {
            "surfaces": {"water": [80]}
        }
        with pytest.raises(ConfigError, match="surfaces"):
            type(WORLDCOVER).parse(content | changes, "trial.yaml")
