"""Stations in a simulated world: its own soil moisture with a probe's noise, as the ISMN has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt

from smmap.features.array import Doubles
from smmap.grid.ground import compute_lonlat
from smmap.simulate.area import list_areas
from smmap.simulate.landscape import Landscape, draw_landscape
from smmap.simulate.orbits import START
from smmap.simulate.replace import replace_world
from smmap.simulate.stac import write_catalog
from smmap.simulate.stream import open_stream
from smmap.simulate.weather import draw_rain, iterate_soil_moisture
from smmap.spec.errors import ConfigError
from smmap.store.atomic import report_store_errors

FOLDER = "stations"
"""Below the world's own folder."""
NETWORKS = ("ALDER", "BIRCH", "CEDAR")
"""From west to east, in each area."""
NOISE = 0.01
"""Standard deviation of a reading, m3/m3."""

_DENSE_NDVI = 0.8
_DEPTH = "0.000000_0.050000"
_PROBE = "Simulated-Probe"


@dataclass(frozen=True)
class _Station:
    """One pixel of an area."""

    network: str
    name: str
    row: int
    col: int


def simulate_stations(
    world: Path, count: int, *, tiles: int = 1, days: int = 12, seed: int = 0, size: int = 512
) -> Path:
    """Write hourly readings of a world's soil moisture, 0 to 5 cm, into its folder ``stations``.

    Each station stands inside a parcel of its own, and not in a wood or in water.

    Parameters
    ----------
    world
        Folder of the world.
    count
        Stations in each area.
    tiles, days, seed, size
        Those that the world was made with: see `smmap.simulate.world.simulate_world`.

    Returns
    -------
    Path
        The folder: ISMN files of the layout ``header+values``, static variables beside them.

    Raises
    ------
    ConfigError
        If an area has not so many parcels.
    StoreError
        If the folder holds something else, or cannot be written.
    """
    out = world.resolve() / FOLDER
    rain = draw_rain(days, seed)
    moments = [START + timedelta(hours=hour) for hour in range(24 * days)]
    with replace_world(out) as staged:
        for area in list_areas(tiles, size):
            landscape = draw_landscape(area, seed)
            stations = _choose_stations(landscape, count, seed)
            rows, cols = [one.row for one in stations], [one.col for one in stations]
            series = [
                moisture[rows, cols]
                for _, moisture in iterate_soil_moisture(landscape, rain, moments, seed)
            ]
            rng = open_stream(seed, "stations", area.index)
            readings = np.array(series) + rng.normal(0, NOISE, (len(moments), count))
            for one, values in zip(stations, readings.T, strict=True):
                _write_station(staged, landscape, one, np.clip(values, 0.01, 0.6))
        write_catalog(staged, {})
    return out


def _choose_stations(landscape: Landscape, count: int, seed: int) -> list[_Station]:
    """The middles of parcels, drawn by the seed; named by area and number."""
    # How fast it drains is drawn once for each parcel, so that it tells parcels apart.
    usable = ~landscape.water & (landscape.ndvi < _DENSE_NDVI)
    parcels = np.unique(landscape.drainage[usable])
    if count > len(parcels):
        raise ConfigError(
            f"--stations {count}: an area has {len(parcels)} fields; choose fewer, or a larger size"
        )
    rng = open_stream(seed, "station places", landscape.area.index)
    stations = []
    for number, parcel in enumerate(rng.permutation(parcels)[:count]):
        inside = np.pad(usable & (landscape.drainage == parcel), 1)
        depth = distance_transform_edt(inside)[1:-1, 1:-1]
        row, col = np.unravel_index(int(np.argmax(depth)), depth.shape)
        network = NETWORKS[int(col) * len(NETWORKS) // depth.shape[1]]
        name = f"{landscape.area.tile}-{number:02d}"
        stations.append(_Station(network, name, int(row), int(col)))
    return stations


def _write_station(folder: Path, landscape: Landscape, one: _Station, readings: Doubles) -> None:
    place = folder / one.network / one.name
    longitude, latitude = (each[one.row, one.col] for each in compute_lonlat(landscape.area.block))
    height = landscape.terrain.elevation[one.row, one.col]
    clay = 100 * landscape.clay[one.row, one.col]
    moments = [START + timedelta(hours=hour) for hour in range(len(readings))]
    stem = f"{one.network}_{one.network}_{one.name}"
    span = f"{moments[0]:%Y%m%d}_{moments[-1]:%Y%m%d}"
    header = (
        f"{one.network} {one.network} {one.name} {latitude:.6f} {longitude:.6f} {height:.2f} "
        f"0.00 0.05 {_PROBE}"
    )
    lines = [
        f"{moment:%Y/%m/%d %H:%M} {value:.4f} G M"
        for moment, value in zip(moments, readings, strict=True)
    ]
    statics = [
        "quantity_name;unit;depth_from[m];depth_to[m];value;description;quantity_source_name;",
        f"clay fraction;% weight;0.00;0.30;{clay:.2f};;insitu;",
        f"sand fraction;% weight;0.00;0.30;{0.6 * (100 - clay):.2f};;insitu;",
        "climate classification;;;;Cfb;;koeppen_geiger_2007;",
    ]
    with report_store_errors(str(place)):
        place.mkdir(parents=True)
        path = place / f"{stem}_sm_{_DEPTH}_{_PROBE}_{span}.stm"
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        static = place / f"{stem}_static_variables.csv"
        static.write_text("\n".join(statics) + "\n", encoding="utf-8")
