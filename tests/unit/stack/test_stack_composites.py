"""Composites in tiles of the sinusoidal grid, and scenes without a time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from affine import Affine
from coarse_days import MOMENT, NEAREST, SINUSOIDAL, SIZE, find_lonlat, read_join
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.fields import FieldBlock


@pytest.fixture
def make_composites(tmp_path, write_tif, make_definition, make_scene):
    """Leaf area index in two tiles of the sinusoidal grid, with quality bits."""

    def make(values, quality, split, moment=MOMENT, name="a"):
        definition = make_definition(
            "modis-lai",
            bands={
                "lai": {"assets": ["Lai_500m"], "units": "1", "scale": 0.1, "nodata": 255},
                "quality": {"assets": ["qc"], "units": "bits", "resampling": "nearest"},
            },
            valid=[
                {"band": "lai", "at_most": 10.0},
                {"band": "quality", "bits": [{"first": 0, "values": [0]}]},
            ],
        )
        place = Affine(SIZE, 0, 1680 * SIZE, 0, -SIZE, 11054 * SIZE)
        scenes = []
        for side, cols in (("west", slice(0, split)), ("east", slice(split, None))):
            bands = {}
            for key, stored, more in (("lai", values, {}), ("quality", quality, {})):
                corner = place * Affine.translation(cols.start, 0)
                file = tmp_path / f"{name}-{split}-{side}-{key}.tif"
                href = write_tif(file, stored[:, cols], transform=corner, crs=SINUSOIDAL, **more)
                settled = definition.bands[key]
                bands[key] = Band(
                    key, href, settled.units, settled.scale, nodata=settled.nodata,
                    resampling=settled.resampling,
                )  # fmt: skip
            if stored[:, cols].size:
                scenes.append(
                    make_scene(f"{name}-{side}", bands, definition=definition, datetime=moment)
                )
        return scenes

    return make


def test_tiles_of_the_sinusoidal_grid_join_and_quality_decides(make_composites, tile):
    rng = np.random.default_rng(5)
    values = rng.integers(0, 100, (260, 300)).astype(np.uint8)
    values[rng.random(values.shape) < 0.1] = 253
    quality = (rng.random(values.shape) < 0.2).astype(np.uint8)
    block = Block.whole(tile)
    fields = [
        FieldBlock(block).load(make_composites(values, quality, split), "lai", NEAREST, MOMENT)
        for split in (90, 155)
    ]
    np.testing.assert_array_equal(fields[0], fields[1])
    good = np.where((values <= 100) & (quality == 0), values * 0.1, np.nan)
    lon, lat = find_lonlat(block)
    x, y = Transformer.from_crs(4326, SINUSOIDAL, always_xy=True).transform(lon, lat)
    col, row = x / SIZE - 1680, 11054 - y / SIZE
    assert (col > 0).all()
    assert (row > 0).all()
    held = good[np.floor(row).astype(int), np.floor(col).astype(int)]
    on_edge = (abs(row - np.round(row)) < 1e-5) | (abs(col - np.round(col)) < 1e-5)
    np.testing.assert_array_equal(np.isnan(fields[0])[~on_edge], np.isnan(held)[~on_edge])
    top, left = np.floor(row - 0.5).astype(int), np.floor(col - 0.5).astype(int)
    total, weight = np.zeros(row.shape), np.zeros(row.shape)
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = (1 - abs(row - 0.5 - top - down)) * (1 - abs(col - 0.5 - left - across))
        one = good[top + down, left + across]
        total += np.where(np.isfinite(one), share * one, 0)
        weight += np.where(np.isfinite(one), share, 0)
    with np.errstate(invalid="ignore"):
        expected = np.where(np.isfinite(held), total / weight, np.nan)
    np.testing.assert_allclose(fields[0][~on_edge], expected[~on_edge], rtol=1e-4, atol=1e-5)


def test_of_a_composite_made_twice_the_later_one_counts(make_composites, tile):
    level = np.full((260, 300), 20, np.uint8)
    good = np.zeros_like(level)
    scenes = [
        *make_composites(level, good, 150, MOMENT, "MCD15A3H.A2023121.061.2023140000000"),
        *make_composites(level + 20, good, 150, MOMENT, "MCD15A3H.A2023121.061.2023126000000"),
    ]
    block = Block.whole(tile)
    for order in (scenes, scenes[::-1]):
        field = FieldBlock(block).load(order, "lai", NEAREST, MOMENT)
        np.testing.assert_array_equal(field, np.float32(2.0))


def test_two_satellites_are_two_steps(make_composites, tile):
    level = np.full((260, 300), 20, np.uint8)
    good = np.zeros_like(level)
    earlier = MOMENT - timedelta(days=4)
    scenes = [
        *make_composites(level, good, 150, earlier, "terra"),
        *make_composites(level + 20, good, 150, MOMENT + timedelta(days=4), "aqua"),
    ]
    rule = read_join(rule="spline", days_before=10, days_after=10)
    field = FieldBlock(Block.whole(tile)).load(scenes, "lai", rule, MOMENT)
    np.testing.assert_allclose(field, 3.0, rtol=1e-6)


def test_larger_map_pixels_are_the_mean_of_several_points(make_composites):
    coarse = GeoBox((30, 35), Affine(2000, 0, 590_000, 0, -2000, 5_100_000), "EPSG:32632")
    values = np.random.default_rng(6).integers(0, 100, (260, 300)).astype(np.uint8)
    scenes = make_composites(values, np.zeros_like(values), 150)
    field = FieldBlock(Block.whole(coarse)).load(scenes, "lai", NEAREST, MOMENT)
    # 2000 m are 4.4 cells: 5 x 5 points a pixel.
    fine = Block.whole(coarse.zoom_to((150, 175)))
    points = FieldBlock(fine).load(scenes, "lai", NEAREST, MOMENT)
    expected = points.reshape(30, 5, 35, 5).mean(axis=(1, 3))
    np.testing.assert_allclose(field, expected, rtol=1e-5)


def test_static_scenes_fill_what_the_first_leaves_open(
    tmp_path, write_tif, tile, make_scene, make_definition
):
    definition = make_definition(
        "soil", static=True, bands={"sand": {"assets": ["sand"], "units": "%"}}
    )
    place = Affine(250, 0, 580_000, 0, -250, 5_110_000)
    first = np.full((400, 450), 30.0, np.float32)
    first[:, :200] = np.nan
    scenes = [
        make_scene(
            name,
            {"sand": write_tif(tmp_path / f"{name}.tif", values, transform=place)},
            definition=definition,
        )
        for name, values in (("z", first), ("a", np.full((400, 450), 60, np.float32)))
    ]
    field = FieldBlock(Block.whole(tile)).load(scenes, "sand", None, MOMENT)
    assert set(field[:, :350].ravel()) == {60}
    assert set(field[:, 450:].ravel()) == {30}
