"""The other sources of a simulated world: theirs is its ground and its rain."""

from __future__ import annotations

import hashlib
import math

import h5py
import numpy as np
import pytest
import rasterio
import xarray as xr
from typer.testing import CliRunner

from smmap.cli.app import app
from smmap.simulate.area import list_areas
from smmap.simulate.climate import Climate
from smmap.simulate.coarse_grid import CoarseGrid
from smmap.simulate.landscape import draw_landscape
from smmap.simulate.season import compute_lai, compute_yearly_ndvi
from smmap.simulate.sources import simulate_sources
from smmap.simulate.weather import draw_rain, iterate_soil_moisture
from smmap.simulate.world import simulate_world

NUMBERS = {"days": 4, "seed": 3, "size": 64}


def digest(folder, but=()):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in but
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world") / "w"
    simulate_world(folder, **NUMBERS)
    before = digest(folder)
    simulate_sources(folder, **NUMBERS)
    assert digest(folder, but=("sources",)) == before
    return folder


@pytest.mark.slow
def test_the_command_writes_world_and_sources(tmp_path, world):
    options = ["--out", str(tmp_path / "w"), "--days", "4", "--seed", "3", "--size", "64"]
    done = CliRunner().invoke(app, ["simulate", "--sources", *options])
    assert done.exit_code == 0, done.output
    assert "  era5_land: " in done.output
    assert digest(tmp_path / "w") == digest(world)


def test_means_are_of_the_pixels_within():
    (area,) = list_areas(1, 64)
    values = np.arange(64.0 * 64).reshape(64, 64)
    crs = str(area.block.geobox.crs)
    grid = CoarseGrid.around([area.block], crs, 80.0, reach=0)
    means = grid.compute_means([values])
    col, row = ~grid.geobox.affine * (area.block.xs()[20], area.block.ys()[20])
    inside = np.s_[20 - round((row % 1) * 8 - 0.5) :, 20 - round((col % 1) * 8 - 0.5) :]
    assert means[int(row), int(col)] == pytest.approx(values[inside][:8, :8].mean())


def test_the_year_keeps_the_fortnight():
    landscape = draw_landscape(list_areas(1, 64)[0], 3)
    for day in (0, 5, 12):
        gap = compute_yearly_ndvi(landscape, day) - landscape.compute_ndvi(day)
        assert np.abs(gap).max() < 2e-3
    assert compute_lai(np.array([0.05, -0.3, 0.505])) == pytest.approx([0, 0, math.log(2) / 0.7])


def test_rain_of_a_day_is_that_of_its_hours(world):
    with xr.open_dataset(next((world / "sources/era5-land").glob("*.nc"))) as data:
        tp, times = data.tp.values.astype(float), data.valid_time.values
        lon = data.longitude.values
    at_midnight = times == times.astype("datetime64[D]")
    whole = tp[at_midnight][1:]  # each of the day before
    events = draw_rain(NUMBERS["days"], NUMBERS["seed"])
    expected = [
        sum(
            one.millimetres / 1000
            for one in events
            if np.datetime64(one.datetime.date()) == day.astype("datetime64[D]") - 1
        )
        for day in times[at_midnight][1:]
    ]
    assert max(expected) > 0.001
    found = whole[:, 0, :] / np.exp(-0.1 * (lon - 5))
    np.testing.assert_allclose(found, np.array(expected)[:, None] + 0 * lon, atol=1e-8)


def test_coarse_soil_moisture_follows_that_of_the_ground():
    landscape = draw_landscape(list_areas(1, 64)[0], 3)
    rain = draw_rain(20, 3)
    moments = [one.datetime for one in rain if one.day > 30]
    ground = [
        moisture[~landscape.water].mean()
        for _, moisture in iterate_soil_moisture(landscape, rain, moments, 3)
    ]
    climate = Climate(rain, np.array([[1.0]]), np.array([[51.3]]))
    coarse = [float(one[0, 0]) for one in climate.iterate_soil_moisture(moments)]
    assert np.abs(np.subtract(ground, coarse)).max() < 0.1
    assert np.corrcoef(ground, coarse)[0, 1] > 0.6


def test_soil_adds_up_and_alos_has_its_hole(world):
    def read(path):
        with rasterio.open(world / "sources" / path) as file:
            return file.read(1, masked=True)

    parts = [read(f"soilgrids/{name}_0-5cm_mean.tif") for name in ("sand", "silt", "clay")]
    total = sum(one.astype(int) for one in parts).compressed()
    assert np.abs(total - 1000).max() <= 1
    (alos,), (srtm,) = (
        [read(path.relative_to(world / "sources")) for path in world.glob(f"sources/{one}/*/*.tif")]
        for one in ("alos-dem", "srtm")
    )
    assert 0.2 < alos.mask.mean() < 0.3
    assert not srtm.mask.any()
    assert (alos == srtm).all()


def test_smap_is_global_with_values_here_alone(world):
    path = next((world / "sources/smap").glob("*.h5"))
    assert path.stat().st_size < 200_000
    with h5py.File(path) as file:
        values = file["Soil_Moisture_Retrieval_Data_AM/soil_moisture"][:]
    known = values != -9999
    assert values.shape == (1624, 3856)
    assert 20 < known.sum() < 200
