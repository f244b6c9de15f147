"""Stations that are split from each other and see the same ground."""

import numpy as np
import pandas as pd
from pyproj import Geod

from smmap.validation.neighbours import describe_neighbours
from smmap.validation.split import Split


def test_stations_within_a_distance_are_counted():
    """Places 4.9, 5.3 and 80 km from the one that is trained on, and one beside that of choice."""
    geod = Geod(ellps="WGS84")
    lon, lat, _ = geod.fwd(
        [21.0] * 5, [52.0] * 5, [30, 200, 90, 0, 180], [0, 4900, 5300, 8e4, 8.1e4]
    )
    rows = np.repeat([0, 1, 2, 3, 4], 3)
    samples = pd.DataFrame(
        {
            "network": "net",
            "station": [f"s{one}" for one in rows],
            "station_latitude": np.array(lat)[rows],
            "station_longitude": np.array(lon)[rows],
        }
    )
    numbers = np.arange(15)
    split = Split("s", "p", numbers[:3], numbers[3:12])
    assert describe_neighbours(samples, [split], 5120).startswith("1 of 3 tested stations")
    chosen = Split("s", "p", numbers[:3], numbers[3:6], numbers[12:])
    assert describe_neighbours(samples, [chosen], 100_000).startswith("1 of 1 tested stations")
    assert describe_neighbours(samples, [split], 1000).startswith("0 of 3")
    assert describe_neighbours(samples.drop(columns="station_latitude"), [split], 5120) == ""
