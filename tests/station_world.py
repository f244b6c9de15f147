"""A world with stations, and what a model at 10 m is to know of it."""

from __future__ import annotations

import numpy as np
from pyproj import Transformer

from smmap.features.builder import compute_features
from smmap.pipeline.blocks import open_block, open_fields
from smmap.pipeline.load_layers import load_layers
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.task_scenes import TaskScenes

NUMBERS = {"tiles": 1, "days": 12, "seed": 5, "size": 96}


TO_MAP = Transformer.from_crs("EPSG:4326", "EPSG:32631", always_xy=True)


NEAREST = {"rule": "nearest", "days_before": 1, "days_after": 1}


INPUTS = [
    {
        "name": "vv_db",
        "feature": "backscatter_db",
        "options": {"polarisation": "vv"},
        "units": "dB",
    },
    {"name": "ndvi", "feature": "ndvi", "units": "1"},
    {"name": "angle", "feature": "incidence_deg", "units": "degree"},
    {
        "name": "doy_sin",
        "feature": "day_of_year",
        "column": "time",
        "units": "day",
        "scaling": {"method": "cyclic", "period": 365.25, "part": "sin"},
    },
    {
        "name": "latitude",
        "feature": "latitude",
        "units": "degree",
        "scaling": {"method": "min-max", "low": 0, "high": 90},
    },
    {"name": "longitude", "feature": "longitude", "units": "degree"},
    {"name": "elevation", "feature": "elevation", "units": "m"},
    {"name": "slope_deg", "feature": "slope_deg", "units": "degree"},
    {
        "name": "warmth",
        "feature": "quantity",
        "options": {"band": "soil_temperature"},
        "source": "era5_land",
        "join": NEAREST,
        "units": "degC",
        "scaling": {"method": "standard", "mean": 10.0, "std": 3.0},
    },
]


def project(row):
    """Where the row's station is on the world's grids."""
    return TO_MAP.transform(row.station_longitude, row.station_latitude)


def assemble(recipe, *changes):
    """Scaled inputs of whole maps, block by block: {unit: (inputs, h, w), with the area}."""
    plan = plan_run(load_recipe(recipe, changes))
    context, found = plan.context, {}
    for task in plan.tasks:
        scenes, fields = TaskScenes(task, context), open_fields(task.area, context)
        for part in task.area.split(context.block_size):
            inputs = open_block(part, scenes, context, fields)
            for unit in task.units:
                layers = load_layers(unit, part, inputs, context)
                values = compute_features(context.card, layers).values
                shape = (len(values), *task.area.shape)
                whole = found.setdefault(unit.id, (np.full(shape, np.nan, np.float32), task.area))
                whole[0][:, *part.within(task.area)] = values
    return found
