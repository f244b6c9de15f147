"""An archive on a server that has grown since this process opened it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import numpy as np
import pytest
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox
from page_server import serve_pages
from pydantic import TypeAdapter

from smmap.catalog.bands import resolve_bands
from smmap.catalog.definitions import load_definition
from smmap.catalog.selection import split_bbox
from smmap.catalog.zarr_archive import ZarrCatalog
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.join import Join
from smmap.spec.tile import Block
from smmap.stack.fields import FieldBlock

DAY_MEAN = TypeAdapter(Join).validate_python({"rule": "day-mean"})
MOMENT = datetime(2023, 5, 1, 17, tzinfo=UTC)
WORLD = split_bbox((-180.0, -90.0, 180.0, 90.0))[0]
TILE = GeoBox((8, 8), Affine(100, 0, 600_000, 0, -100, 5_100_000), "EPSG:32632")


def write(folder, hours):
    """The moisture of every hour is its number, in hundredths."""
    shutil.rmtree(folder, ignore_errors=True)
    values = np.broadcast_to(0.01 * np.arange(hours)[:, None, None], (hours, 21, 31))
    data = xr.Dataset(
        {"swvl1": (("valid_time", "latitude", "longitude"), values.astype("f4"))},
        coords={
            "valid_time": np.datetime64("2023-05-01", "ns")
            + np.arange(hours) * np.timedelta64(1, "h"),
            "latitude": np.round(47 - 0.1 * np.arange(21), 1),
            "longitude": np.round(9 + 0.1 * np.arange(31), 1),
        },
    )
    data.to_zarr(folder, zarr_format=2, consolidated=True)


def find_day(address):
    definition = load_definition("zarr-era5-land").model_copy(update={"endpoint": address})
    (item,) = ZarrCatalog(address).search(definition, WORLD, None)
    return resolve_scene(item, definition, ["soil_moisture"])


def load_mean(scene):
    block = Block.whole(TILE)
    return float(FieldBlock(block).load([scene], "soil_moisture", DAY_MEAN, MOMENT).mean())


def test_a_day_that_filled_up_is_read_to_its_end(tmp_path):
    """Of the hour around midnight half counts: 78 / 12.5 hundredths to noon, 276 / 23.5 to 23 h."""
    write(tmp_path / "a.zarr", 13)
    with serve_pages(tmp_path) as server:
        address = f"{server.address}/a.zarr"
        assert load_mean(find_day(address)) == pytest.approx(0.0624)
        write(tmp_path / "a.zarr", 24)
        assert load_mean(find_day(address)) == pytest.approx(2.76 / 23.5)


def test_an_archive_that_lost_hours_since_it_was_looked_up_is_looked_up_again(tmp_path):
    write(tmp_path / "a.zarr", 24)
    with serve_pages(tmp_path) as server:
        scene = find_day(f"{server.address}/a.zarr")
        write(tmp_path / "a.zarr", 13)
        with pytest.raises(TransientError, match="has changed since it was looked up") as caught:
            load_mean(scene)
        assert caught.value.scene == scene.id


@pytest.mark.parametrize("wrong", [25.0, -9999.0, 285.0])
def test_values_that_no_soil_has_are_refused(wrong, tmp_path):
    """Per cent for a share, a mark of nothing that is not declared, another variable's kelvin."""
    write(tmp_path / "a.zarr", 24)
    with xr.open_zarr(tmp_path / "a.zarr") as data:
        data.load().swvl1[7, 11:14, 14:18] = wrong  # 45.8 N, 10.6 E: where the tile is
    data.to_zarr(tmp_path / "b.zarr", zarr_format=2, consolidated=True)
    with pytest.raises(SceneError, match=rf"'soil_moisture' is {wrong:g} m3 m-3, which") as caught:
        load_mean(find_day(str(tmp_path / "b.zarr")))
    assert caught.value.scene == "reanalysis-era5-land_20230501"


def test_an_archive_is_read_no_more_often_than_its_definition_allows(tmp_path):
    write(tmp_path / "a.zarr", 3)
    with serve_pages(tmp_path) as server:
        scene = find_day(f"{server.address}/a.zarr")
        bounded = scene.definition.model_copy(update={"requests_per_second": 10.0})
        (item,) = ZarrCatalog(bounded.endpoint).search(bounded, WORLD, None)
        assert resolve_bands(item, bounded, ["soil_moisture"])["soil_moisture"].steps == 3
        server.asked.clear()
        load_mean(resolve_scene(item, bounded, ["soil_moisture"]))
        moments = [one[0] for one in server.asked]
        assert len(moments) >= 3
        assert moments[-1] - moments[0] >= 0.1 * (len(moments) - 1)
