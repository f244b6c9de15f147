"""Several sensors on real sites of the western United States, by the data's own split.

The target is moisture of living fuel (% of dry weight), not of soil: what is tried here is the way
from a table of many sensors to a judged package, on numbers that nobody here made up.
"""

import numpy as np
import pandas as pd
import pytest

from smmap.model.package import load_model
from smmap.spec.training import TrainingRecipe
from smmap.train.train_table import train_table

pytestmark = pytest.mark.realdata

OPTICAL = [
    "blue",
    "green",
    "red",
    "rededge1",
    "rededge2",
    "rededge3",
    "nir",
    "nir08",
    "nir09",
    "swir16",
    "swir22",
]
MONTHS = range(3)


def describe(name, feature, units, **options):
    return {"name": name, "feature": feature, "units": units, "options": options}


INPUTS = [
    one
    for month in MONTHS
    for one in (
        describe(f"vv_{month}", "backscatter_db", "dB", polarisation="vv"),
        describe(f"vh_{month}", "backscatter_db", "dB", polarisation="vh"),
        *(describe(f"{band}_{month}", "reflectance", "1", band=band) for band in OPTICAL),
        describe(f"air_temperature_{month}", "quantity", "degC", band="air_temperature"),
        describe(f"precipitation_{month}", "quantity", "m d-1", band="precipitation"),
    )
] + [describe("elevation", "elevation", "m"), describe("slope_deg", "slope_deg", "degree")]


@pytest.fixture(scope="module")
def table(shared_data, tmp_path_factory):
    folder = shared_data / "western-us-multisensor"
    bands = np.load(folder / "s1_s2_era5_srtm.npy")
    columns = {}
    for month in MONTHS:
        vv, vh, *optical, temperature, rain, elevation, slope, _ = bands[:, month].T
        columns |= {f"vv_{month}": vv, f"vh_{month}": vh}
        columns |= {
            f"{band}_{month}": values / 1e4 for band, values in zip(OPTICAL, optical, strict=True)
        }
        columns |= {f"air_temperature_{month}": temperature - 273.15}
        columns |= {f"precipitation_{month}": rain, "elevation": elevation, "slope_deg": slope}
    held_out = np.load(folder / "is_test.npy").astype(bool)
    columns |= {
        "station": np.load(folder / "site.npy"),
        "part": np.where(held_out, "held out", "given"),
        # 31..319 % become 0.03..0.32, so that the scores read like those of soil.
        "soil_moisture": np.load(folder / "target.npy") / 1000,
    }
    path = tmp_path_factory.mktemp("western") / "samples.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path


@pytest.mark.slow
def test_sensors_carry_to_sites_that_were_held_out(table, tmp_path):
    recipe = TrainingRecipe.parse(
        {
            "name": "western-us",
            "title": "Fuel moisture",
            "description": "An exercise.",
            "licence": "MIT",
            "radiometry": "sigma0_ellipsoid",
            "inputs": INPUTS,
            "members": [
                {"kind": "random-forest", "trees": 60, "samples_in_leaf": 3, "features": 0.33},
                {"kind": "xgboost", "rounds": 150, "depth": 4, "subsample": 0.7, "features": 0.5},
            ],
            "splits": ["leave-out part", "random"],
            "ablation": {"sources": True},
        },
        "recipe",
    )
    made = train_table(recipe, table, tmp_path / "model", draws=300)
    told = made.judgement.predictions
    held_out = told[(told["scheme"] == "leave-out part") & (told["part"] == "held out")]
    assert held_out["station"].nunique() == 50
    error = {
        name: np.sqrt(np.mean((held_out[name] - held_out["soil_moisture"]) ** 2))
        for name in ("predicted", "predicted mean")
    }
    assert error["predicted"] < 0.85 * error["predicted mean"]
    found = made.judgement
    assert found.flattery.random.rmse < found.flattery.grouped.rmse
    assert set(found.ablation) == {"radar", "sentinel2", "era5_land", "terrain"}
    assert all(one.low <= one.value <= one.high for one in found.ablation.values())
    assert max(one.low for one in found.ablation.values()) > 0
    assert load_model(tmp_path / "model", "cpu").card.training["samples"] == 2313
