"""What inputs are in the simulated world, by its physics and its files: no reader of ours."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import rasterio

from smmap.simulate.climate import Climate
from smmap.simulate.orbits import START
from smmap.simulate.weather import draw_rain

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def compute_coarse_truth(moment, longitude, latitude, numbers):
    """Fields of the region's weather at an overpass, as each study joins them: {input: (h, w)}."""
    climate = Climate(draw_rain(numbers["days"], numbers["seed"]), longitude, latitude)
    hour = (moment + HOUR / 2).replace(minute=0, second=0, microsecond=0)
    week = [hour - back * HOUR for back in range(7 * 24 + 1)]
    week = [one for one in week if moment - 7 * DAY <= one <= moment]
    air = np.mean([climate.compute_air_temperature(one) for one in week], axis=0)
    three = moment.replace(hour=moment.hour - moment.hour % 3, minute=0, second=0)
    return {
        "era5_soil_moisture": next(climate.iterate_soil_moisture([hour])),
        "era5_soil_temperature": climate.compute_soil_temperature(hour) - 273.15,
        "air_temperature": air - 273.15,
        "precipitation": climate.compute_amounts(moment - 7 * DAY, moment) / 7,
        "gldas": next(climate.iterate_soil_moisture([three])),
        "smap": next(climate.iterate_soil_moisture([_find_last_noon(moment)])),
    }


def _find_last_noon(moment):
    """Where the day's file of SMAP stands; every fourth is not recommended, and passed over."""
    first = START.replace(hour=12) - 5 * DAY
    noon = moment.replace(hour=12, minute=0, second=0) - (DAY if moment.hour < 12 else 0 * DAY)
    while (noon - first).days % 4 == 1:
        noon -= DAY
    return noon


def read_power(world, moment, band, block):
    """Backscatter of an overpass's files on a block of their own grid, linear."""
    whole = np.full(block.shape, np.nan)
    left, top = block.xs()[0] - 5, block.ys()[0] + 5
    for path in world.glob("sentinel-1-grd/*/*.json"):
        when = json.loads(path.read_text())["properties"]["datetime"]
        if abs(datetime.fromisoformat(when) - moment) > timedelta(minutes=5):
            continue
        with rasterio.open(path.parent / f"{band}.tif") as file:
            power, place = file.read(1), file.transform
        row, col = round((top - place.f) / 10), round((place.c - left) / 10)
        part = whole[row : row + power.shape[0], col : col + power.shape[1]]
        np.copyto(part, power, where=np.isnan(part))
    return whole
