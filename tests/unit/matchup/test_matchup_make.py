"""Samples of flat scenes: what is left out, what is said of it, and what is refused."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
import yaml
from pyproj import Transformer
from small_world import NIR, RED, START, VV, SmallWorld
from typer.testing import CliRunner

from smmap.cli.app import app
from smmap.insitu.frame import complete_frame
from smmap.insitu.parquet import write_readings
from smmap.matchup.make_samples import make_samples
from smmap.pipeline.recipe import load_recipe
from smmap.spec.errors import ConfigError, EmptySearchError, InsituError
from smmap.spec.history import History
from smmap.spec.input_list import InputList

INPUTS = InputList.parse(
    {
        "radiometry": "sigma0_ellipsoid",
        "inputs": [
            {
                "name": "vv",
                "feature": "backscatter_db",
                "options": {"polarisation": "vv"},
                "units": "dB",
                "column": "vv_db",
            },
            {"name": "ndvi", "feature": "ndvi", "units": "1"},
        ],
    },
    "inputs",
)
TO_DEGREES = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)


def make_readings(**places):
    """Hourly readings of a week at places in metres from the world's upper left corner."""
    frames = []
    for station, (right, down) in places.items():
        longitude, latitude = TO_DEGREES.transform(640_000 + right, 5_680_000 - down)
        frame = pd.DataFrame({"time": [START + timedelta(hours=one) for one in range(-24, 144)]})
        frame = frame.assign(
            network="N",
            station=station,
            longitude=longitude,
            latitude=latitude,
            depth_from_m=0.0,
            depth_to_m=0.05,
            soil_moisture=0.2,
        )
        frames.append(frame)
    return complete_frame(pd.concat(frames))


@pytest.fixture
def world(tmp_path):
    """Three overpasses, one beside the other's ground, and two optical scenes."""
    world = SmallWorld(tmp_path / "world")
    world.add_radar("first")
    world.add_radar("second", days=2, orbit=110, state="descending")
    world.add_optical("clear", days=1)
    world.add_optical("earlier", days=-0.5, red=0.1)
    return world


def read_recipe(world, *changes):
    plain = ["radar={erode: 0, despeckle: {method: none}}", "sources.dem=null", "grid=utm-10m"]
    return load_recipe("local-stac", [f"catalog={world.write()}", *plain, *changes])


def test_the_numbers_of_flat_scenes(world, tmp_path):
    out = tmp_path / "samples.parquet"
    tally = make_samples(read_recipe(world), INPUTS, make_readings(A=(105, 235), B=(15, 15)), out)
    rows = pd.read_parquet(out)
    assert (len(rows), tally.samples, tally.pairs) == (4, 4, 4)
    assert list(rows["station"]) == ["A", "A", "B", "B"]
    assert list(rows["relative_orbit"]) == [88, 110, 88, 110]
    assert list(rows["orbit_state"]) == ["ascending", "descending"] * 2
    np.testing.assert_allclose(rows["vv_db"], 10 * np.log10(VV), atol=1e-5)
    # The earlier optical scene is half a day before the first overpass; the other is a day after
    # it, and a day before the second.
    reflectance = np.array([[NIR, 0.1], [NIR, RED], [NIR, 0.1], [NIR, RED]])
    ndvi = (reflectance[:, 0] - reflectance[:, 1]) / reflectance.sum(axis=1)
    np.testing.assert_allclose(rows["ndvi"], ndvi, atol=1e-6)
    assert set(rows["scenes"].iloc[0].split()) == {
        "sentinel1/first",
        "sentinel2/clear",
        "sentinel2/earlier",
    }


def test_what_gives_no_sample_is_counted_and_said(world, tmp_path):
    out = tmp_path / "samples.parquet"
    # At sea, so to speak: beyond the scene's pixels, but within its outline's vicinity.
    readings = make_readings(A=(105, 235), B=(900, 235), C=(105, 40_000), E=(105, 60_000))
    readings = pd.concat([readings, make_readings(D=(15, 15)).iloc[:3]])
    tally = make_samples(read_recipe(world), INPUTS, complete_frame(readings), out)
    assert set(pd.read_parquet(out)["station"]) == {"A"}
    assert tally.lost_sites == {
        "the radar did not see the place": 1,
        "no overpass in the period": 1,
        "no scene around them": 1,  # nowhere in its tile
        "no reading that the rule takes": 1,
    }
    assert tally.lost_pairs == {
        "the radar did not see the place": 2,
        "no reading that the rule takes": 2,
    }
    account = json.loads(pyarrow.parquet.read_schema(out).metadata[b"smmap"])["account"]
    assert account == tally.to_plain()
    told = "\n".join(tally.describe())
    assert "2 samples of 6 overpasses over 5 places" in told
    assert "no sample at all, 1 places: no overpass in the period" in told


def test_an_input_without_a_value_stays_and_is_counted(world, tmp_path):
    out = tmp_path / "samples.parquet"
    narrow = read_recipe(world, "optical={window_days: 0.7}")
    tally = make_samples(narrow, INPUTS, make_readings(A=(105, 235)), out)
    assert list(pd.read_parquet(out)["ndvi"].isna()) == [False, True]
    assert tally.missing == {"vv_db": 0, "ndvi": 1}
    assert "1 rows, which stay, have no value of ndvi" in list(tally.describe())


def test_a_broken_scene_costs_that_scene(world, tmp_path):
    recipe = read_recipe(world)
    path = world.get_path("sentinel-2-l2a", "earlier", "red")
    path.write_bytes(path.read_bytes()[:300])
    out = tmp_path / "samples.parquet"
    tally = make_samples(recipe, INPUTS, make_readings(A=(105, 235)), out)
    assert list(tally.skipped) == ["earlier"]
    rows = pd.read_parquet(out)
    assert rows["scenes"].iloc[0] == "sentinel1/first sentinel2/clear"
    np.testing.assert_allclose(rows["ndvi"], (NIR - RED) / (NIR + RED), atol=1e-6)


def test_the_area_and_the_period_of_the_recipe_limit_what_is_used(world, tmp_path):
    west, south = TO_DEGREES.transform(640_000, 5_680_000 - 480)
    east, north = TO_DEGREES.transform(640_000 + 240, 5_680_000)
    changes = [f"area={{bbox: [{west}, {south}, {east}, {north}]}}", "period=2023-06-01/2023-06-02"]
    readings = make_readings(A=(105, 235), B=(400, 235))
    out = tmp_path / "samples.parquet"
    tally = make_samples(read_recipe(world, *changes), INPUTS, readings, out)
    rows = pd.read_parquet(out)
    assert list(zip(rows["station"], rows["relative_orbit"], strict=True)) == [("A", 88)]
    assert tally.lost_sites == {"outside the recipe's area": 1}


def test_nothing_at_all_is_one_clear_error(world, tmp_path):
    recipe, out = read_recipe(world), tmp_path / "samples.parquet"
    away = make_readings(A=(105, 235))
    away["time"] += pd.Timedelta(minutes=61)
    with pytest.raises(InsituError, match=r"not one sample: .*2 overpasses: no reading"):
        make_samples(read_recipe(world, "period=2023-06-01/.."), INPUTS, away.iloc[:1], out)
    with pytest.raises(InsituError, match=r"not one sample: .*the radar did not see the place"):
        make_samples(recipe, INPUTS, make_readings(B=(900, 235)), out)
    with pytest.raises(InsituError, match=r"not one sample: there is no reading"):
        make_samples(recipe, INPUTS, away.iloc[:0], out)
    with pytest.raises(EmptySearchError, match="sentinel-1"):
        make_samples(read_recipe(world, "period=2020-01-01"), INPUTS, make_readings(A=(1, 1)), out)
    assert {one.name for one in tmp_path.iterdir()} == {"world"}


def test_nothing_is_overwritten(world, tmp_path):
    recipe, readings = read_recipe(world), make_readings(A=(105, 235))
    out = tmp_path / "samples.parquet"
    out.write_text("mine")
    with pytest.raises(InsituError, match="exists"):
        make_samples(recipe, INPUTS, readings, out)
    assert out.read_text() == "mine"
    with pytest.raises(ConfigError, match=r"\.parquet"):
        make_samples(recipe, INPUTS, readings, tmp_path / "samples.csv")


def test_readings_that_were_written_before_and_the_account_as_json(world, tmp_path):
    place, out = tmp_path / "readings.parquet", tmp_path / "samples.parquet"
    write_readings(place, make_readings(A=(105, 235)))
    listed = tmp_path / "inputs.yaml"
    listed.write_text(yaml.safe_dump(INPUTS.model_dump(mode="json", exclude_defaults=True)))
    words = ["samples", "local-stac", "--stations", place, "--for", listed, "--out", out, "--json"]
    words += ["--set", f"catalog={world.write()}", "--set", "sources.dem=null"]
    words += ["--target", "daily-mean", "--least", "24"]
    told = CliRunner().invoke(app, [str(one) for one in words])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["samples"] == 2
    assert list(pd.read_parquet(out)["readings"]) == [24, 24]


def test_an_archive_that_cannot_be_read_is_said_before_anything_is_searched(tmp_path):
    words = ["samples", "local-stac", "--set", "catalog=nowhere", "--for", "physics"]
    words += ["--out", str(tmp_path / "samples.parquet"), "--stations", str(tmp_path)]
    told = CliRunner().invoke(app, words)
    assert isinstance(told.exception, InsituError)
    assert "holds no file" in str(told.exception)
    told = CliRunner().invoke(app, [*words, "--target", "median"])
    assert "Input should be 'closest' or 'daily-mean', got 'median'" in str(told.exception)


def test_what_looks_back_gets_the_overpasses_between_readings_too(world, tmp_path):
    """One station with readings around the second overpass alone, one with none near any."""
    readings = make_readings(a=(55, 55), b=(65, 75))
    near = (readings["time"] - pd.Timestamp(START)).abs() > timedelta(days=1)
    late = (readings["time"] - pd.Timestamp(START)) > timedelta(days=4)
    readings = readings[np.where(readings["station"] == "a", near, late)]
    looking = INPUTS.model_copy(update={"history": History(overpasses=2, days=5)})
    tables = {}
    for name, wanted in (("alone", INPUTS), ("both", looking)):
        tally = make_samples(read_recipe(world), wanted, readings, tmp_path / f"{name}.parquet")
        tables[name] = pd.read_parquet(tmp_path / f"{name}.parquet").drop(columns="geometry")
        assert tally.samples == 1
    alone, both = tables["alone"], tables["both"]
    assert both["station"].tolist() == ["a", "a"]
    assert both["soil_moisture"].isna().tolist() == [True, False]
    assert both["vv_db"].notna().all()
    measured = both[1:].reset_index(drop=True)
    pd.testing.assert_frame_equal(measured, alone, check_dtype=False, check_categorical=False)
    assert "1 rows without a reading" in "\n".join(tally.describe())
