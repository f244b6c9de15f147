"""Tables of samples whose soil moisture follows from their columns by a law written here."""

import numpy as np
import pandas as pd
import yaml

from smmap.spec.training import TrainingRecipe

COLUMNS = {"VV": "vv_db", "VH": "vh_db", "angle": "incidence_deg"}

RECIPE = {
    "name": "drawn",
    "title": "Drawn samples",
    "description": "Made up.",
    "licence": "Apache-2.0",
    "radiometry": "sigma0_ellipsoid",
    "columns": {"network": "area", "station": "field", "time": "day", "time_format": "%d.%m.%Y"},
    "target": {"column": "moisture", "units": "percent"},
    "inputs": [
        {
            "name": "vv_db",
            "column": "VV",
            "feature": "backscatter_db",
            "options": {"polarisation": "vv"},
            "units": "dB",
        },
        {
            "name": "vh_db",
            "column": "VH",
            "feature": "backscatter_db",
            "options": {"polarisation": "vh"},
            "units": "dB",
            "scaling": {"method": "min-max", "low": -35, "high": 0},
        },
        {"name": "incidence_deg", "column": "angle", "feature": "incidence_deg", "units": "degree"},
    ],
    "members": [{"kind": "random-forest", "trees": 10}],
    "splits": ["station", "random"],
    "folds": 3,
    "inner_folds": 2,
}


KINDS = [
    {"kind": "random-forest", "trees": 15, "samples_in_leaf": 2},
    {"kind": "xgboost", "rounds": 20, "depth": 3},
    {"kind": "svr", "cost": 2.0},
    {"kind": "mlp", "hidden": [8], "solver": "lbfgs", "iterations": 60},
]


def make_recipe(**changes):
    return TrainingRecipe.parse(RECIPE | changes, "recipe.yaml")


def draw_table(rows=240, seed=0, fields=12):
    """Moisture in vol %: linear in VV and angle, and an offset of each field's own."""
    rng = np.random.default_rng(seed)
    field = rng.integers(0, fields, rows)
    vv, vh = rng.uniform(-18, -6, rows), rng.uniform(-26, -14, rows)
    angle = rng.uniform(30, 45, rows)
    offset = rng.normal(0, 4, fields)[field]
    moisture = np.clip(22 + 1.2 * (vv + 12) + 0.3 * (angle - 38) + offset, 2, 50)
    day = pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D")
    return pd.DataFrame(
        {
            "area": np.where(field < fields // 2, "north", "south"),
            "field": [f"f{number}" for number in field],
            "day": day.strftime("%d.%m.%Y"),
            "VV": vv.round(3),
            "VH": vh.round(3),
            "angle": angle.round(2),
            "moisture": moisture.round(2),
            "note": "as, written",
        }
    )


def write_recipe(path, **changes):
    path.write_text(yaml.safe_dump(RECIPE | changes, sort_keys=False))
    return path
