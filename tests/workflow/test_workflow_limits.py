"""What quality control of a training left out has no value: on maps, in tables, in histories."""

from __future__ import annotations

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pystac
import pytest
import rasterio
from small_model import write_model
from small_reanalysis import write_era5_land
from small_world import START, SmallWorld

from smmap.matchup.wanted import load_wanted
from smmap.pipeline.run import run
from smmap.train.predict_table import predict_table

VV = {"name": "vv", "feature": "backscatter_db", "options": {"polarisation": "vv"}, "units": "dB"}
SNOW = {
    "column": "snow_depth",
    "most": 0,
    "feature": "quantity",
    "options": {"band": "snow_depth"},
    "source": "era5_land",
    "join": {"rule": "day-mean"},
    "units": "m",
}
PASSES = {0: -6.0, 1: -8.0, 2: -9.0}
"""Day -> decibels; the first is above the limit of -7."""
LIMIT = {"column": "vv", "least": -40, "most": -7}
SIZE = 24


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A catalogue of three overpasses, and ERA5-Land with 2 mm of snow."""
    folder = tmp_path_factory.mktemp("limits")
    world = SmallWorld(folder, size=SIZE)
    for day, decibels in PASSES.items():
        power = np.full((SIZE, SIZE), 10 ** (decibels / 10), np.float32)
        world.add_radar(f"s{day}", days=day, orbit=88, vv=power)
    return world.write(), write_era5_land(folder / "era5", snow_m=0.002, days=6)


def map_it(folder, places, model, *, snow=False):
    """Day -> soil moisture and quality, (h, w)."""
    sources = {"sentinel1": "local-sentinel-1"} | ({"era5_land": "cds-era5-land"} if snow else {})
    recipe = {
        "name": "trial",
        "catalog": str(places[0]),
        "catalogs": {"era5_land": str(places[1])} if snow else {},
        "model": str(model),
        "sources": sources,
        "radar": {"erode": 0, "despeckle": {"method": "none"}, "window_db": [-40, 5]},
        "outputs": {"cube": False, "quicklook": False},
    }
    path = folder / f"{model.name}-{snow}.yaml"
    path.write_text(json.dumps(recipe))
    out = folder / path.stem
    run(path, out)
    found = {}
    for item in pystac.Catalog.from_file(str(out / "catalog.json")).get_items(recursive=True):
        day = (item.datetime - START) // timedelta(days=1) if item.datetime else None
        if day in PASSES and "smmap:status" in item.properties:
            layers = {}
            for name in ("sm", "sm_quality"):
                if name in item.assets:
                    with rasterio.open(item.assets[name].get_absolute_href()) as file:
                        layers[name] = file.read(1)
            found[day] = layers
    return found


def test_backscatter_beyond_the_limit_has_no_value_and_is_not_looked_back_to(tmp_path, places):
    """The model gives what VV was two steps before; the recipe's own window is wider."""
    steps = {"history": {"overpasses": 3, "days": 10}}
    free = write_model(tmp_path / "free", [VV], 0, -0.01, **steps)
    kept = write_model(tmp_path / "kept", [VV], 0, -0.01, quality=[LIMIT], **steps)
    before = map_it(tmp_path, places, free)
    assert {day: set(np.unique(one["sm"])) for day, one in before.items()} == {
        0: {600},
        1: {600},
        2: {600},
    }
    found = map_it(tmp_path, places, kept)
    assert "sm" not in found[0] or (found[0]["sm"] == -32768).all()
    assert {day: set(np.unique(found[day]["sm"])) for day in (1, 2)} == {1: {800}, 2: {800}}
    # The table of the same overpasses says the same.
    table = pd.DataFrame(
        {
            "vv": list(PASSES.values()),
            "station": "s",
            "time": [START + timedelta(d) for d in PASSES],
        }
    )
    table.to_parquet(tmp_path / "t.parquet")
    said = predict_table(kept, tmp_path / "t.parquet", tmp_path / "sm.parquet")
    assert (said.refused, said.missing, said.outside) == (1, 0, 0)
    sm = pd.read_parquet(tmp_path / "sm.parquet")["sm"]
    np.testing.assert_allclose(sm, [np.nan, 0.08, 0.08], rtol=1e-6)


def test_a_limit_that_is_no_input_is_derived_where_a_source_tells_of_it(tmp_path, places):
    free = write_model(tmp_path / "free", [VV], 0, -0.01)
    kept = write_model(tmp_path / "kept", [VV], 0, -0.01, quality=[SNOW])
    # 2 mm of snow are no snow to the recipe, whose own limit is 5 mm.
    assert (map_it(tmp_path, places, free, snow=True)[1]["sm"] == 800).all()
    found = map_it(tmp_path, places, kept, snow=True)
    assert set(found) == set(PASSES)
    assert all("sm" not in one or (one["sm"] == -32768).all() for one in found.values())
    # Nobody says what snow there was.
    assert (map_it(tmp_path, places, kept)[1]["sm"] == 800).all()
    assert [one.name for one in load_wanted(str(kept)).inputs] == ["vv", "snow_depth"]


def test_a_table_says_what_it_cannot_be_checked_for(tmp_path):
    kept = write_model(tmp_path / "kept", [VV], 0, -0.01, quality=[SNOW, LIMIT])
    table = pd.DataFrame({"vv": [-8.0, -9.0, -10.0], "snow_depth": [0.0, 0.001, np.nan]})
    table.to_csv(tmp_path / "t.csv", index=False)
    said = predict_table(kept, tmp_path / "t.csv", tmp_path / "sm.csv")
    assert (said.refused, said.unchecked) == (1, ())
    sm = pd.read_csv(tmp_path / "sm.csv")["sm"]
    np.testing.assert_allclose(sm, [0.08, np.nan, 0.1])
    table[["vv"]].to_csv(tmp_path / "less.csv", index=False)
    said = predict_table(kept, tmp_path / "less.csv", tmp_path / "sm.csv")
    assert (said.refused, said.unchecked) == (0, ("snow_depth",))
