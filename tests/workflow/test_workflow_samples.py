"""Stations beside satellites: the numbers of the map, whatever happens on the way."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
import rasterio
import yaml
from faulty_server import serve_faulty
from pyproj import Transformer
from small_model import write_model
from station_world import INPUTS, NUMBERS, assemble, project
from study_recipes import write_recipe
from typer.testing import CliRunner

import smmap
from smmap.cli.app import app
from smmap.data import get_folder
from smmap.grid.ground import compute_lonlat
from smmap.insitu.load import load_readings
from smmap.matchup.make_samples import SampleOptions, make_samples
from smmap.matchup.wanted import load_wanted
from smmap.model.package import load_card
from smmap.pipeline.recipe import load_recipe
from smmap.report.predictions import load_predictions
from smmap.simulate.area import list_areas
from smmap.simulate.reanalysis import write_era5_land
from smmap.simulate.sources import FOLDERS
from smmap.simulate.stations import NOISE, simulate_stations
from smmap.simulate.weather import draw_rain
from smmap.simulate.world import simulate_world
from smmap.spec.errors import SceneError, TransientError
from smmap.train.predict_table import predict_table
from smmap.train.table_inputs import compute_rows, read_inputs
from smmap.train.train_table import load_recipe as load_training
from smmap.train.train_table import train_table

TO_CELL = Transformer.from_crs("EPSG:4326", "EPSG:6933", always_xy=True)


@pytest.fixture(scope="session")
def stations(tmp_path_factory):
    """A world with other sources and with stations; its folder."""
    folder = tmp_path_factory.mktemp("stations") / "world"
    simulate_world(folder, **NUMBERS)
    simulate_stations(folder, 8, **NUMBERS)
    # Of the other sources the one that is used here.
    longitude, latitude = compute_lonlat(list_areas(1, NUMBERS["size"])[0].block)
    region = (longitude.min(), latitude.min(), longitude.max(), latitude.max())
    days, rain = NUMBERS["days"], draw_rain(NUMBERS["days"], NUMBERS["seed"])
    write_era5_land(folder / "sources" / FOLDERS["era5_land"], region, days, rain)
    return folder


@pytest.fixture(scope="session")
def readings(stations):
    return load_readings(stations / "stations").table


@pytest.fixture(scope="session")
def points(stations, tmp_path_factory):
    """Recipe and model at 10 m with a speckle filter, which looks around itself."""
    folder = tmp_path_factory.mktemp("points")
    model = write_model(folder / "shown", INPUTS, show=1, factor=0.5)
    sources = {
        "sentinel1": "local-sentinel-1",
        "sentinel2": "local-sentinel-2",
        "dem": "local-dem",
        "era5_land": "cds-era5-land",
    }
    recipe = {
        "name": "points",
        "model": str(model),
        "catalog": str(stations / "catalog.json"),
        "catalogs": {"era5_land": str(stations / "sources" / "era5-land")},
        "sources": sources,
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path, model


@pytest.fixture(scope="session")
def table(points, readings, tmp_path_factory):
    """The samples of points."""
    recipe, model = points
    out = tmp_path_factory.mktemp("samples") / "samples.parquet"
    make_samples(load_recipe(recipe), load_wanted(str(model)), readings, out)
    return out


@pytest.mark.parametrize("block", [33, 1024])
def test_a_row_holds_the_bits_that_the_model_gets_of_the_map(points, table, block):
    recipe, model = points
    card, rows = load_card(model), pd.read_parquet(table)
    scaled = compute_rows(read_inputs(rows, card.inputs, "table"), card.inputs)
    maps = assemble(recipe, f"block={block}")
    assert len(rows) > 20
    for row, values in zip(rows.itertuples(), scaled, strict=True):
        whole, area = maps[row.unit]
        col, line = ~area.to_geobox().affine * project(row)
        np.testing.assert_array_equal(values, whole[:, int(line), int(col)], row.unit)


def test_a_model_says_of_a_row_what_its_map_says(points, table, tmp_path):
    recipe, model = points
    predict_table(model, table, tmp_path / "sm.parquet")
    smmap.run(recipe, tmp_path / "maps", changes=["outputs={cog: false, quicklook: false}"])
    cube = smmap.open(tmp_path / "maps").load()
    rows = pd.read_parquet(tmp_path / "sm.parquet")
    compared = 0
    for row in rows.itertuples():
        x, y = project(row)
        moment = np.datetime64(row.time.tz_localize(None))
        pixel = cube.sel(time=moment).sel(x=x, y=y, method="nearest")
        if np.isfinite(pixel.sm):
            compared += 1
            assert float(pixel.sm) == pytest.approx(row.sm, abs=0.5001e-4)  # as it is packed
    assert compared > 15


def test_stations_hold_the_truth_of_the_world(stations, table):
    rows = pd.read_parquet(table)
    assert set(rows["network"]) <= {"ALDER", "BIRCH", "CEDAR"}
    assert rows["network"].nunique() > 1
    assert rows["station"].nunique() == 8
    listed = json.loads((stations / "truth" / "truth.json").read_text())["truth"]
    truth = {one["datetime"]: stations / "truth" / one["href"] for one in listed}
    errors = []
    for row in rows.itertuples():
        with rasterio.open(truth[f"{row.time:%Y-%m-%dT%H:%M:%SZ}"]) as file:
            (value,) = file.sample([project(row)])
        errors.append(row.soil_moisture - value[0])
    assert np.std(errors) == pytest.approx(NOISE, rel=0.5)
    assert abs(np.mean(errors)) < 3 * NOISE / np.sqrt(len(errors))


class StoppedError(Exception):
    """What ends a run in the middle."""


def stop(done, _):
    """After the second batch."""
    if done == 2:
        raise StoppedError


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(points, readings, table, tmp_path):
    recipe, model = points
    wanted, out = load_wanted(str(model)), tmp_path / "samples.parquet"
    small = load_recipe(recipe, ["batch=1", "threads=1"])
    with pytest.raises(StoppedError):
        make_samples(small, wanted, readings, out, progress=stop)
    assert not out.exists()
    # Other inputs take nothing of what is there.
    fewer = wanted.model_copy(update={"inputs": wanted.inputs[:2]})
    with pytest.raises(StoppedError):
        make_samples(small, fewer, readings, out, progress=stop)
    done = []
    make_samples(small, wanted, readings, out, progress=lambda *counts: done.append(counts))
    assert done[0] == (3, 4)
    assert len(done) == 2
    assert out.read_bytes() == table.read_bytes()  # which was made at once, by two threads
    assert [one.name for one in tmp_path.iterdir()] == ["samples.parquet"]


@pytest.mark.slow  # starts processes
def test_many_processes_write_the_same_bytes(points, readings, table, tmp_path):
    recipe, model = points
    changes = ["batch=1", "cluster={kind: local, workers: 2}"]
    out = tmp_path / "samples.parquet"
    make_samples(load_recipe(recipe, changes), load_wanted(str(model)), readings, out)
    assert out.read_bytes() == table.read_bytes()


@pytest.mark.slow  # starts processes
def test_a_process_that_was_killed_is_gone_on_with(points, stations, table, tmp_path):
    recipe, model = points
    out, parts = tmp_path / "samples.parquet", tmp_path / ".samples.parquet.parts"
    place = ["--stations", stations / "stations", "--for", model, "--out", out]
    changes = ["--set", "batch=1", "--set", "threads=1"]
    words = [str(one) for one in ("samples", recipe, *place, *changes)]
    process = subprocess.Popen([sys.executable, "-m", "smmap", *words], stderr=subprocess.DEVNULL)
    while not list(parts.glob("*.parquet")) and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not out.exists()
    assert 1 <= len(list(parts.glob("*.parquet"))) < 4
    subprocess.run([sys.executable, "-m", "smmap", *words], check=True, capture_output=True)
    assert out.read_bytes() == table.read_bytes()


@pytest.mark.slow  # waits for a server that fails now and then
def test_a_source_that_fails_in_every_way_gives_the_same_rows(
    points, stations, readings, table, tmp_path
):
    recipe, model = points
    out = tmp_path / "samples.parquet"
    with serve_faulty(stations, 0.15, seed=1) as address:
        changed = load_recipe(recipe, [f"catalog={address}/catalog.json", "batch=1"])
        for _ in range(20):
            with contextlib.suppress(TransientError, SceneError):
                make_samples(changed, load_wanted(str(model)), readings, out)
                break
    pd.testing.assert_frame_equal(pd.read_parquet(out), pd.read_parquet(table))


def test_cells_are_means_over_their_ground_and_their_stations(points, readings, tmp_path):
    recipe, model = points
    out = tmp_path / "cells.parquet"
    options = SampleOptions(by_cell=True)
    make_samples(load_recipe(recipe), load_wanted(str(model)), readings, out, options)
    rows = pd.read_parquet(out)
    assert rows["stations"].max() > 1
    assert not rows.duplicated(["cell", "time"]).any()
    inputs, maps = load_card(model).inputs, assemble(recipe, "grid=ease2-1km")
    scaled = compute_rows(read_inputs(rows, inputs, "table"), inputs)
    for row, values in zip(rows.itertuples(), scaled, strict=True):
        whole, area = maps[row.unit]
        col, line = ~area.to_geobox().affine * TO_CELL.transform(row.longitude, row.latitude)
        np.testing.assert_array_equal(values, whole[:, int(line), int(col)], row.unit)
        own = readings[
            readings["station"].isin(row.station.split("+"))
            & ((readings["time"] - row.time).abs() <= pd.Timedelta(minutes=30))
        ]
        assert row.soil_moisture == pytest.approx(own["soil_moisture"].mean())


def test_from_readings_to_a_model_to_a_map(stations, tmp_path):
    recipe, training = tmp_path / "recipe.yaml", tmp_path / "training.yaml"
    plain = {"name": "wang", "model": "physics", **write_recipe(stations, "wang2026")}
    recipe.write_text(yaml.safe_dump(plain))
    # The study's own, but for MODIS, of which a year takes its time.
    study = yaml.safe_load((get_folder("models") / "wang2026-xgboost" / "recipe.yaml").read_text())
    kept = [one for one in study["inputs"] if not one.get("source", "").startswith("modis")]
    training.write_text(yaml.safe_dump({**study, "inputs": kept}))
    out = tmp_path / "samples.parquet"
    place = ["--stations", stations / "stations", "--for", training, "--out", out]
    words = ("samples", recipe, *place, "--point")  # the study's recipe wants cells
    done = CliRunner().invoke(app, [str(one) for one in words])
    assert done.exit_code == 0, done.output
    assert "samples of 32 overpasses over 8 places" in done.stdout
    notes = json.loads(pyarrow.parquet.read_schema(out).metadata[b"smmap"])
    assert notes["sources"]["era5_land"]["licence"] == "CC-BY-4.0"
    assert (pd.read_parquet(out)[["snow_depth", "snow_cover"]] == 0).all(axis=None)

    model = tmp_path / "model"
    trained = train_table(load_training(str(training)), out, model, small=True, draws=10)
    assert trained.samples == len(pd.read_parquet(out))
    result = smmap.run(recipe, tmp_path / "maps", changes=[f"model={model}"])
    assert result.count("done") == 4
    predict_table(model, out, tmp_path / "sm.parquet")
    cube, compared = smmap.open(tmp_path / "maps").load(), 0
    for row in load_predictions(tmp_path / "sm.parquet").itertuples():
        x, y = project(row)
        pixel = cube.sel(time=np.datetime64(row.time.tz_localize(None)))
        pixel = pixel.sel(x=x, y=y, method="nearest")
        if np.isfinite(pixel.sm):
            compared += 1
            assert float(pixel.sm) == pytest.approx(row.predicted, abs=0.5001e-4)
    assert compared > 20
