"""A simulated continent: its ground, its weather, and scenes that agree with its truth."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import numpy as np
import pystac
import pytest
import rasterio
from pyproj import Proj, Transformer

from smmap.catalog.definitions import load_definition
from smmap.features.incidence import compute_incidence
from smmap.pipeline.context import open_context
from smmap.pipeline.recipe import load_recipe
from smmap.simulate.continent import SEA_SHARE, draw_continent
from smmap.simulate.continent_world import simulate_continent
from smmap.simulate.fronts import SPIN_UP_DAYS, Front, draw_fronts, iterate_soil_moisture
from smmap.simulate.orbits import START
from smmap.simulate.snapped import snap_block
from smmap.simulate.topsoil import SOIL_MOISTURE_BOUNDS, Topsoil
from smmap.spec.errors import ConfigError, StoreError

REGION = (3.0, 46.0, 10.0, 51.0)


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    out = tmp_path_factory.mktemp("continent") / "x"
    return simulate_continent(out, region=REGION, days=2, resolution_m=2000, seed=1)


@pytest.fixture(scope="module")
def items(summary):
    root = pystac.Catalog.from_file(summary.folder / "catalog.json")
    found = {name: [] for name in summary.items}
    for item in root.get_items(recursive=True):
        found[item.collection_id].append(item)
    return found


@pytest.fixture(scope="module")
def ground():
    return draw_continent(REGION, 2000, 1)


def read(item, name):
    with rasterio.open(item.assets[name].get_absolute_href()) as file:
        rows, columns = np.indices(file.shape)
        x, y = file.transform * (columns + 0.5, rows + 0.5)
        return file.read(1), *Transformer.from_crs(file.crs, 4326, always_xy=True).transform(x, y)


def look_up(path, lon, lat):
    """Value of the pixel that holds each place."""
    with rasterio.open(path) as file:
        x, y = Transformer.from_crs(4326, file.crs, always_xy=True).transform(lon, lat)
        columns, rows = ~file.transform * (x, y)
        inside = (columns >= 0) & (columns < file.width) & (rows >= 0) & (rows < file.height)
        at = np.where(inside, rows, 0).astype(int), np.where(inside, columns, 0).astype(int)
        values = file.read(1).astype(float)
        values[values == file.nodata] = np.nan
        return np.where(inside, values[at] * file.scales[0], np.nan)


def test_the_grid_is_equal_area_and_holds_the_region(ground):
    block = ground.block
    factors = Proj(str(block.geobox.crs)).get_factors([3.0, 10.0, 6.5], [46.0, 51.0, 48.5])
    np.testing.assert_allclose(factors.areal_scale, 1, rtol=1e-9)
    edge = np.linspace(0, 1, 50)
    lon = np.concatenate([3 + 7 * edge, 3 + 7 * edge, 0 * edge + 3, 0 * edge + 10])
    lat = np.concatenate([0 * edge + 46, 0 * edge + 51, 46 + 5 * edge, 46 + 5 * edge])
    x, y = Transformer.from_crs(4326, str(block.geobox.crs), always_xy=True).transform(lon, lat)
    left, bottom, right, top = block.geobox.boundingbox.bbox
    assert left <= x.min() <= x.max() <= right
    assert bottom <= y.min() <= y.max() <= top


def test_a_third_is_sea_at_height_zero(ground):
    assert ground.water.mean() == pytest.approx(SEA_SHARE, abs=0.01)
    assert ground.elevation.min() >= 0
    assert ground.elevation.max() > 300


def test_a_scene_sees_the_ground_under_it(ground):
    """A field that is linear on the continent's map comes out exactly on a zone's map."""
    block = ground.block
    plane = (block.xs()[None, :] - 2 * block.ys()[:, None]).astype(np.float32)
    scene = snap_block((400_000, 5_300_000, 460_000, 5_340_000), "EPSG:32632", 2000)
    across, down = np.meshgrid(scene.xs(), scene.ys())
    x, y = Transformer.from_crs(32632, str(block.geobox.crs), always_xy=True).transform(
        across, down
    )
    np.testing.assert_allclose(ground.sample(plane, scene), x - 2 * y, atol=1)


def test_a_front_rains_all_its_rain_and_moves_on():
    front = Front(0, 0.3, np.radians(90), 700, 150, 0, 800, 12)
    east, nowhere = np.array([-1500.0, 0.0, 1500.0]), np.zeros(3)
    daily = np.array([front.compute_rain(east, nowhere, day) for day in range(-8, 9)])
    np.testing.assert_allclose(daily.sum(axis=0), 12, rtol=1e-9)
    # Day 0 begins 210 km before the middle and ends 490 km after it; 1500 km are two days on.
    assert daily.argmax(axis=0).tolist() == [8 - 2, 8, 8 + 2]
    aside = front.compute_rain(nowhere, np.array([0.0, 800.0, -800.0]), 0)
    np.testing.assert_allclose(aside[1:] / aside[0], np.exp(-0.5))


def test_more_days_change_no_weather(ground):
    short, long = draw_fronts(3, 1), draw_fronts(30, 1)
    assert long[: len(short)] == short
    few = dict(iterate_soil_moisture(ground, 1, 1))
    many = dict(iterate_soil_moisture(ground, 6, 1))
    assert sorted(many) == list(range(-SPIN_UP_DAYS, 6))
    assert np.array_equal(few[0], many[0])
    for moisture in many.values():
        assert SOIL_MOISTURE_BOUNDS[0] <= moisture.min() <= moisture.max() <= 0.4501
    assert (many[5] - many[0]).std() > 0.01


def test_topsoil_by_hand():
    soil = Topsoil.of(np.array([0.05, 0.5]))
    np.testing.assert_allclose(soil.tau_days, [2, 7])
    np.testing.assert_allclose(soil.dry_out(np.ones(2), 2), [np.exp(-1), np.exp(-2 / 7)])
    np.testing.assert_allclose(soil.soak(np.zeros(2), np.full(2, 9.0)), 1 - np.exp(-1))
    np.testing.assert_allclose(soil.compute_moisture(np.zeros(2), np.zeros(2)), [0.0505, 0.1])


def test_items_are_valid_and_counted(summary, items, validate_core):
    assert {name: len(found) for name, found in items.items()} == summary.items
    for found in items.values():
        assert len({one.id for one in found}) == len(found) > 0
        validate_core(found[0])
    zones = {item.properties["proj:code"] for item in items["sentinel-2-l2a"]}
    assert zones == {"EPSG:32631", "EPSG:32632"}


def test_radar_agrees_with_the_truth_of_its_day(summary, items, ground):
    """Soil moisture from VV by the published equations, written out anew, is the truth.

    What is left is speckle (more than 4000 looks: 0.07 dB) and the place within a pixel.
    """
    count = 0
    for item in items["sentinel-1-grd"]:
        vv, lon, lat = read(item, "vv")
        day = f"{item.datetime:%Y%m%d}"
        truth = look_up(summary.folder / "truth" / f"soil-moisture-{day}.tif", lon, lat)
        ok = np.isfinite(vv) & np.isfinite(truth) & (vv > 10**-1.8)
        state, orbit = item.properties["sat:orbit_state"], item.properties["sat:relative_orbit"]
        theta = np.radians(compute_incidence(lon, lat, orbit_state=state, relative_orbit=orbit))
        at = Transformer.from_crs(4326, str(ground.block.geobox.crs), always_xy=True)
        x, y = at.transform(lon, lat)
        columns, rows = ~ground.block.geobox.affine * (x, y)
        inside = (columns > 1) & (columns < ground.block.width - 2)
        inside &= (rows > 1) & (rows < ground.block.height - 2)
        cell = np.where(inside, rows, 0).astype(int), np.where(inside, columns, 0).astype(int)
        ok &= inside & (ground.ndvi[cell] < 0.5)
        ndvi, s = ground.ndvi[cell].astype(float), ground.rms_height_cm[cell].astype(float)
        t2 = np.exp(-2 * 0.5513 * ndvi / np.cos(theta))
        soil = (vv - 0.0950 * ndvi * np.cos(theta) * (1 - t2)) / t2
        scale = 10**-1.138 * np.cos(theta) ** 1.528 * (1.1328 * s) ** (0.71 * np.sin(theta))
        with np.errstate(invalid="ignore"):
            found = np.log10(soil / scale) * np.tan(theta) / 0.8
        off = (found - truth)[ok]
        assert abs(np.nanmedian(off)) < 0.01
        assert np.nanpercentile(abs(off), 90) < 0.08
        count += ok.sum()
    assert count > 5000


def test_optics_agree_with_the_ground(summary, items, ground):
    clear_count = 0
    for item in items["sentinel-2-l2a"]:
        red, lon, lat = read(item, "red")
        nir, classes = read(item, "nir")[0], read(item, "scl")[0]
        clear = np.isin(classes, (4, 5)) & (red > 0)
        reflectance = [band[clear] * 1e-4 - 0.1 for band in (red, nir)]
        ndvi = (reflectance[1] - reflectance[0]) / (reflectance[1] + reflectance[0])
        x, y = Transformer.from_crs(4326, str(ground.block.geobox.crs), always_xy=True).transform(
            lon[clear], lat[clear]
        )
        columns, rows = (np.floor(one).astype(int) for one in ~ground.block.geobox.affine * (x, y))
        assert not ground.water[rows, columns].any()
        if clear.sum() > 100:
            off = ndvi - ground.ndvi[rows, columns]
            assert abs(np.median(off)) < 0.01
            assert np.percentile(abs(off), 90) < 0.06
        clear_count += clear.sum()
    assert clear_count > 5000


def test_truth_is_there_for_every_day(summary):
    facts = json.loads((summary.folder / "truth" / "truth.json").read_text())
    assert [one["date"] for one in facts["truth"]] == ["2023-04-01", "2023-04-02"]
    for one in facts["truth"]:
        with rasterio.open(summary.folder / "truth" / one["href"]) as file:
            values = file.read(1, masked=True)
            assert file.shape == summary.shape
            assert file.scales == (1e-4,)
            assert values.mask.mean() == pytest.approx(SEA_SHARE, abs=0.01)
            assert 300 <= values.min() <= values.max() <= 4500


def test_the_recipe_names_its_sources_and_works_on_their_pixels(summary):
    recipe = load_recipe(summary.recipe)
    context = open_context(recipe)
    assert context.radar_grid.factor == 1
    assert context.radar_grid.pixel_m == 800
    assert context.definitions["sentinel1"].resolution == 2000
    packaged = load_definition("local-sentinel-2")
    changed = {"id": "continent-sentinel-2", "resolution": 2000.0}
    assert context.definitions["sentinel2"] == packaged.model_copy(update=changed)


def test_scenes_are_of_the_days_and_optics_begin_earlier(summary, items):
    assert all(one.datetime in summary.period for one in items["sentinel-1-grd"])
    first = min(one.datetime for one in items["sentinel-2-l2a"])
    assert timedelta(days=4) < START - first < timedelta(days=5)


@pytest.mark.slow
def test_the_same_numbers_give_the_same_bytes_and_more_days_the_same_scenes(summary, tmp_path):
    more = simulate_continent(tmp_path / "x", region=REGION, days=3, resolution_m=2000, seed=1)

    def digest(folder):
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*.tif")
        }

    few, many = digest(summary.folder), digest(more.folder)
    assert few.items() <= many.items()
    assert len(many) > len(few)


@pytest.mark.parametrize("change", [{"days": 0}, {"resolution_m": 100}, {"seed": -1}])
def test_numbers_out_of_bounds_are_refused(tmp_path, change):
    with pytest.raises(ConfigError, match="choose a day or more"):
        simulate_continent(tmp_path / "x", **change)


def test_what_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("x")
    with pytest.raises(StoreError, match="something else"):
        simulate_continent(tmp_path, region=REGION, days=1)
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
