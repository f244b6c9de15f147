"""Which stations are one place, and which pixel holds it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from smmap.grid.named import get_grid
from smmap.insitu.frame import complete_frame
from smmap.matchup.site import Site, describe_site, find_pixel, list_sites
from smmap.spec.recipe import CustomGrid
from smmap.validation.cell import name_cells


def make_readings(*stations):
    """One reading each of (network, station, latitude, longitude, clay)."""
    names = ["network", "station", "latitude", "longitude", "clay_percent"]
    frame = pd.DataFrame(stations, columns=names)
    return complete_frame(frame.assign(time=pd.Timestamp("2023-05-03", tz="UTC"), climate="Cfb"))


def make_site(longitude, latitude):
    return Site("N", "S", latitude, longitude, "", make_readings())


READINGS = make_readings(
    ("B", "one", 51.2800, 0.9600, 20.0),
    ("A", "one", 51.2801, 0.9601, 30.0),
    ("A", "two", 51.4000, 0.9600, np.nan),
    ("A", "two", 51.5000, 0.9600, np.nan),
)


def test_a_station_that_was_moved_is_two_places_and_one_name_in_two_networks_too():
    sites = list_sites(READINGS, by_cell=False)
    assert [(one.network, one.station, one.latitude) for one in sites] == [
        ("A", "one", 51.2801),
        ("A", "two", 51.4),
        ("A", "two", 51.5),
        ("B", "one", 51.28),
    ]


def test_stations_of_a_cell_are_one_place():
    *others, first = list_sites(READINGS, by_cell=True)
    assert (first.network, first.station) == ("A+B", "one")
    assert first.latitude == pytest.approx(51.28005)
    assert len(first.readings) == 2
    assert len(others) == 2
    known = describe_site(first)
    assert (known["clay_percent"], known["climate"], known["land_cover"]) == (25.0, "Cfb", None)
    assert np.isnan(known["sand_percent"])


def test_no_readings_no_sites():
    assert list_sites(READINGS.iloc[:0], by_cell=True) == []


@settings(max_examples=30)
@given(longitude=st.floats(-179.9, 179.9), latitude=st.floats(-79.0, 79.0))
def test_the_pixel_holds_the_place(longitude, latitude):
    for name in ("utm-10m", "geo-0.01deg"):
        pixel = find_pixel(make_site(longitude, latitude), get_grid(name))
        assert pixel is not None
        geobox = pixel.block.to_geobox()
        point = Transformer.from_crs(4326, str(geobox.crs), always_xy=True).transform(
            longitude, latitude
        )
        outline = shapely.box(*geobox.boundingbox.bbox)
        assert outline.distance(shapely.Point(point)) < 1e-6 * geobox.resolution.x
        assert (0 <= pixel.row < pixel.tile.geobox.shape[0]) & (pixel.col >= 0)


@settings(max_examples=30)
@given(longitude=st.floats(-179.9, 179.9), latitude=st.floats(-79.0, 79.0))
def test_the_pixel_of_the_1_km_grid_is_the_cell(longitude, latitude):
    x, y = Transformer.from_crs(4326, 6933, always_xy=True).transform(longitude, latitude)
    cell_m = get_grid("ease2-1km").resolution_m
    assume(all(1e-6 < one / cell_m % 1 < 1 - 1e-6 for one in (x, y)))  # else it is in two
    pixel = find_pixel(make_site(longitude, latitude), get_grid("ease2-1km"))
    assert pixel is not None
    places = np.array([pixel.compute_centre(), (longitude, latitude)])
    middle, own = name_cells(pd.Series(places[:, 1]), pd.Series(places[:, 0]))
    assert middle == own


def test_a_place_outside_the_grid_has_no_pixel():
    grid = CustomGrid(name="here", crs="EPSG:32631", resolution=10, bounds=(4e5, 5e6, 5e5, 5.1e6))
    assert find_pixel(make_site(2.9, 45.5), get_grid(grid)) is not None
    assert find_pixel(make_site(2.9, 55.5), get_grid(grid)) is None
