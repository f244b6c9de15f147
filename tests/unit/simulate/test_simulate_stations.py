"""Stations of a simulated world, read as any archive of the ISMN."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from smmap.insitu.load import load_readings
from smmap.simulate.area import list_areas
from smmap.simulate.landscape import draw_landscape
from smmap.simulate.stations import NETWORKS, simulate_stations
from smmap.spec.errors import ConfigError, StoreError

NUMBERS = {"tiles": 2, "days": 3, "seed": 4, "size": 96}
TO_MAP = Transformer.from_crs("EPSG:4326", "EPSG:32631", always_xy=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return simulate_stations(tmp_path_factory.mktemp("world"), 4, **NUMBERS)


def test_they_are_read_as_an_archive_of_the_ismn(folder):
    readings = load_readings(folder)
    table, account = readings.table, readings.account
    assert (account.files, account.kept, account.rows) == (8, 8 * 72, 8 * 72)
    assert not account.left_out
    assert set(table["depth_to_m"]) == {0.05}
    assert table["clay_percent"].between(5, 50).all()
    assert table.groupby(["network", "station"], observed=True).size().eq(72).all()


def test_each_stands_in_a_field_of_its_own(folder):
    places = load_readings(folder).table.drop_duplicates(["network", "station"])
    for area in list_areas(2, NUMBERS["size"]):
        landscape = draw_landscape(area, NUMBERS["seed"])
        here = places[places["station"].astype(str).str.startswith(f"{area.tile}-")]
        x, y = TO_MAP.transform(here["longitude"].to_numpy(), here["latitude"].to_numpy())
        cols, rows = ~area.block.to_geobox().affine * (x, y)
        at = rows.astype(int), cols.astype(int)
        assert len(set(landscape.drainage[at])) == 4
        assert not landscape.water[at].any()
        order = [NETWORKS.index(one) for one in here["network"].astype(str)]
        assert np.all(np.diff(np.array(order)[np.argsort(x)]) >= 0)


def test_the_same_numbers_give_the_same_bytes_and_another_seed_another_noise(folder, tmp_path):
    again = simulate_stations(tmp_path / "again", 4, **NUMBERS)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*.stm"))
    assert all((folder / one).read_bytes() == (again / one).read_bytes() for one in files)
    other = simulate_stations(tmp_path / "other", 4, **{**NUMBERS, "seed": 5})
    values = [load_readings(one).table["soil_moisture"].to_numpy() for one in (folder, other)]
    assert not np.array_equal(*values)


def test_more_stations_than_fields_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"--stations 400: an area has \d+ fields"):
        simulate_stations(tmp_path, 400, **NUMBERS)
    assert not (tmp_path / "stations").exists()
    (tmp_path / "stations").mkdir()
    (tmp_path / "stations" / "mine.txt").write_text("mine")
    with pytest.raises(StoreError, match="something else"):
        simulate_stations(tmp_path, 1, **NUMBERS)
