"""Patches around stations: what a model with windows would see there, from readings to training."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer
from small_world import START, SmallWorld

from smmap.grid.utm import UtmGrid
from smmap.insitu.frame import complete_frame
from smmap.matchup.make_patches import make_patches
from smmap.patches.read import open_patches
from smmap.pipeline.cell_around import find_cell_around
from smmap.pipeline.recipe import load_recipe
from smmap.spec.errors import ConfigError, StoreError
from smmap.spec.input_list import InputList
from smmap.spec.tile import Block
from smmap.spec.windows import Windows, size_for_patches

SIZE = 160
LEFT, TOP = 640_000, 5_680_000
VV = {"feature": "backscatter_db", "options": {"polarisation": "vv"}, "units": "dB"}
WINDOWS = Windows.parse(
    {
        "cell_m": 320,
        "patch_m": 640,
        "branches": [
            {"name": "fine", "pixel_m": 10, "inputs": ["vv"]},
            {"name": "coarse", "pixel_m": 160, "inputs": ["vv_coarse"]},
        ],
    },
    "windows",
)
WANTED = InputList.parse(
    {
        "radiometry": "sigma0_ellipsoid",
        "inputs": [
            {"name": "vv", **VV, "scaling": {"method": "min-max", "low": -30, "high": 0}},
            {"name": "vv_coarse", **VV},
            {"name": "vv_cell", **VV},
        ],
        "windows": size_for_patches(WINDOWS).model_dump(),
    },
    "inputs",
)
TO_DEGREES = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)
PLACES = {"A": (805, 795), "B": (641, 1009)}
"""Metres right of and below the corner: pixels 80, 79 and 64, 100."""


@pytest.fixture(scope="module")
def power():
    return np.random.default_rng(0).gamma(4, 0.01, (SIZE, SIZE)).astype(np.float32)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, power):
    world = SmallWorld(tmp_path_factory.mktemp("world"), left=LEFT, top=TOP, size=SIZE)
    world.add_radar("first", vv=power)
    world.add_radar("second", days=2, vv=power * 2)
    plain = ["radar={erode: 0}", "sources.dem=null", "sources.sentinel2=null"]
    return load_recipe("local-stac", [f"catalog={world.write()}", *plain])


def make_readings(**places):
    frames = []
    for station, (right, down) in places.items():
        longitude, latitude = TO_DEGREES.transform(LEFT + right, TOP - down)
        times = [START + timedelta(hours=one) for one in range(-24, 144)]
        frame = pd.DataFrame({"time": times}).assign(
            network="N",
            station=station,
            longitude=longitude,
            latitude=latitude,
            depth_from_m=0.0,
            depth_to_m=0.05,
            soil_moisture=0.2 + 0.01 * np.arange(len(times)) / len(times),
        )
        frames.append(frame)
    return complete_frame(pd.concat(frames))


@pytest.fixture(scope="module")
def store(tmp_path_factory, recipe):
    out = tmp_path_factory.mktemp("samples") / "patches.zarr"
    tally = make_patches(recipe, WANTED, make_readings(**PLACES), out)
    assert (tally.samples, tally.pairs, tally.sites) == (4, 4, 2)
    return open_patches(out)


def to_db(power):
    return 10 * np.log10(power)


def test_images_are_of_the_ground_around_each_station(store, power):
    table = store.table
    assert list(zip(table["station"], table["time"].dt.day, strict=True)).count(("A", 1)) == 1
    for number, row in table.iterrows():
        right, down = PLACES[row["station"]]
        times = 1 if row["time"].day == 1 else 2
        # The station's own pixel is the first behind the middle of 64.
        top, left = down // 10 - 32, right // 10 - 32
        ground = times * power[top : top + 64, left : left + 64].astype(np.float64)
        fine = store.load("fine", [number])[0, 0]
        np.testing.assert_allclose(fine, to_db(ground), atol=1e-5)
        coarse = store.load("coarse", [number])[0, 0]
        means = ground.reshape(4, 16, 4, 16).mean(axis=(1, 3))
        np.testing.assert_allclose(coarse, to_db(means), atol=1e-5)
        cell = to_db(ground[16:48, 16:48].mean())
        assert row["vv_cell"] == pytest.approx(cell, abs=1e-5)
        assert (row["fine_valid"], row["coarse_valid"]) == (1.0, 1.0)


def test_every_sample_says_what_it_is(store):
    table = store.table
    assert set(table["network"]) == {"N"}
    # At six hours of the first and third day, of 168 readings from the day before on.
    expected = {1: 0.2 + 0.01 * 24 / 168, 3: 0.2 + 0.01 * 72 / 168}
    for _, row in table.iterrows():
        assert row["soil_moisture"] == pytest.approx(expected[row["time"].day], abs=1e-6)
    assert set(table["relative_orbit"]) == {88}
    assert table["fingerprint"].str.len().eq(64).all()
    provenance = store.layout.provenance
    assert provenance["sources"]["sentinel1"]["definition"] == "local-sentinel-1"
    assert provenance["recipe"]["grid"] == "utm-320m"


def read_bytes(root):
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".staging" not in str(path)
    }


def test_it_goes_on_and_takes_further_stations(recipe, store, tmp_path):
    out = tmp_path / "patches.zarr"
    readings = make_readings(**PLACES)
    make_patches(recipe, WANTED, readings[readings["station"] == "B"], out)
    (part,) = open_patches(out).parts
    made = (out / part / "zarr.json").stat().st_mtime_ns
    tally = make_patches(recipe, WANTED, readings, out)
    assert tally.samples == 4
    assert (out / part / "zarr.json").stat().st_mtime_ns == made
    assert read_bytes(out) == read_bytes(store.root)


def test_another_reading_replaces_its_part(recipe, tmp_path):
    out = tmp_path / "patches.zarr"
    readings = make_readings(A=PLACES["A"])
    make_patches(recipe, WANTED, readings, out)
    changed = readings.assign(soil_moisture=readings["soil_moisture"] + 0.1)
    make_patches(recipe, WANTED, changed, out)
    table = open_patches(out).table
    assert len(table) == 2
    assert (table["soil_moisture"] > 0.29).all()


def test_what_is_refused(recipe, store, tmp_path):
    readings = make_readings(A=PLACES["A"])
    table = WANTED.model_copy(update={"windows": None})
    with pytest.raises(ConfigError, match="inputs with 'windows'"):
        make_patches(recipe, table, readings, tmp_path / "a")
    other = recipe.model_copy(update={"radar": recipe.radar.model_copy(update={"erode": 2})})
    with pytest.raises(StoreError, match="of other inputs or sources"):
        make_patches(other, WANTED, readings, store.root)


@pytest.mark.parametrize("row, col", [(16, 48), (17, 48), (5000, 3), (-7, 40)])
def test_a_cell_around_a_place_has_it_in_the_middle(row, col):
    tile = UtmGrid("utm-10m", 10).get_tile(31, "N", 6, 55)
    pixel = Block(tile.geobox, row, col, 1, 1)
    cell = find_cell_around(pixel, 32)
    fine = cell.refine(32)
    assert fine.xs()[16] == pixel.xs()[0]
    assert fine.ys()[16] == pixel.ys()[0]


def test_the_middle_of_a_cell_gives_the_tiles_own_cell():
    fine = UtmGrid("utm-10m", 10).get_tile(31, "N", 6, 55).geobox
    coarse = UtmGrid("utm-320m", 320).get_tile(31, "N", 6, 55).geobox
    cell = find_cell_around(Block(fine, 7 * 32 + 16, 9 * 32 + 16, 1, 1), 32)
    assert cell == Block(coarse, 7, 9, 1, 1)
