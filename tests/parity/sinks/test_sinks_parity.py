"""Our files in the hands of tools that are not ours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import odc.stac
import pystac
import pytest
import xarray as xr
import zarr
from affine import Affine
from odc.geo.geobox import GeoBox
from rio_cogeo.cogeo import cog_validate

from smmap.product.document import encode_document
from smmap.product.item import ItemFacts, compute_item
from smmap.product.layers import LAYERS, SM
from smmap.product.layout import LAYOUT
from smmap.product.stored_file import StoredFile
from smmap.sinks.cog import write_cogs
from smmap.sinks.sink import Finished
from smmap.sinks.zarr_slice import write_cube_slice
from smmap.spec.overpass import Overpass
from smmap.spec.tile import Block, Tile
from smmap.spec.unit import Unit

MOMENT = datetime(2023, 4, 2, 5, 40, 23, tzinfo=UTC)


@pytest.fixture
def finished():
    rng = np.random.default_rng(11)
    geobox = GeoBox((2000, 1800), Affine(10, 0, 614400, 0, -10, 5632000), "EPSG:32631")
    area = Block(geobox, 300, 400, 1100, 1000)
    packed = {}
    for layer in LAYERS:
        values = rng.integers(0, 8000, area.shape).astype(layer.dtype)
        values[:200] = layer.fill
        packed[layer] = values
    overpass = Overpass("o", "sentinel-1a", "ascending", 37, MOMENT, ())
    return Finished("stem", overpass, area, packed, (0.0, 0.05))


def test_cogs_pass_a_validator(tmp_path, finished):
    written = write_cogs(tmp_path, finished)
    for layer in LAYERS:
        valid, errors, warnings = cog_validate(written[layer.name], strict=True, quiet=True)
        assert valid
        assert errors == []
        assert warnings == []


def test_cog_and_slice_hold_the_same_numbers(tmp_path, finished):
    import rasterio

    cogs = write_cogs(tmp_path, finished)
    path = write_cube_slice(tmp_path, finished)["slice"]
    dataset = xr.open_zarr(path, chunks=None)
    with rasterio.open(cogs["sm"]) as cog:
        stored = cog.read(1, masked=True).filled(SM.fill)
        x, y = cog.xy(0, 0)
    area = dataset.sm[0, 300:1400, 400:1400]
    assert (float(area.x[0]), float(area.y[0])) == (x, y)
    physical = np.where(stored == SM.fill, np.nan, stored * 0.0001)
    assert np.allclose(area.values, physical, atol=1e-7, equal_nan=True)


@pytest.mark.parametrize(
    "shape, shard, row, col",
    [((2000, 1800), (2048, 2048), 300, 400), ((1500, 600), (1536, 1024), 1, 40)],
)
def test_zarr_alone_writes_the_same_shard(tmp_path, finished, shape, shard, row, col):
    """An array made by Zarr from the settings, filled at once: the same bytes as ours."""
    values = finished.packed[SM][: shape[0] - row, : shape[1] - col]
    geobox = GeoBox(shape, finished.area.geobox.affine, "EPSG:32631")
    area = Block(geobox, row, col, *values.shape)
    path = write_cube_slice(tmp_path, replace(finished, area=area, packed={SM: values}))["slice"]
    other = zarr.create_array(
        tmp_path / "other",
        shape=(1, *shape),
        dtype="int16",
        chunks=(1, 512, 512),
        shards=(1, *shard),
        fill_value=SM.fill,
        compressors=zarr.codecs.ZstdCodec(level=1),
        zarr_format=3,
    )
    whole = np.full((1, *shape), SM.fill, np.int16)
    whole[0][area.within(Block.whole(geobox))] = values
    other[:] = whole
    ours = (path / "sm" / "c" / "0" / "0" / "0").read_bytes()
    assert ours == (tmp_path / "other" / "c" / "0" / "0" / "0").read_bytes()


@pytest.mark.filterwarnings("ignore:The 'shapely.ops.transform:DeprecationWarning")  # odc-geo's
def test_odc_stac_loads_the_item(tmp_path, finished):
    unit = Unit(
        "u",
        Tile("t", finished.area.geobox),
        finished.overpass,
        {},
        "0123456789abcdef" * 4,
        finished.area,
    )
    folder = tmp_path / LAYOUT.pixels(unit, unit.fingerprint)
    folder.mkdir(parents=True)
    written = write_cogs(folder, finished)
    files = {
        name: StoredFile(path.relative_to(tmp_path).as_posix()) for name, path in written.items()
    }
    facts = ItemFacts(10.0, "done", MOMENT, "m", unit.fingerprint, files)
    path = tmp_path / LAYOUT.item(unit)
    path.write_bytes(encode_document(compute_item(unit, facts)))
    item = pystac.Item.from_dict(json.loads(path.read_text()), href=str(path))
    loaded = odc.stac.load([item], bands=["sm"], geobox=finished.area.to_geobox())
    assert loaded.sm.attrs["nodata"] == SM.fill
    assert loaded.sm.dtype == np.int16
    assert np.array_equal(loaded.sm[0].values, finished.packed[SM])
