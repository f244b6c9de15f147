"""Documents of a cube, read back by Zarr and xarray, which know nothing of us."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import xarray as xr
import zarr
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import CRS

from smmap.product.encoding import (
    ROOT_DOCUMENT,
    compute_array_document,
    compute_group_files,
    compute_shard_shape,
)
from smmap.product.layers import LAYERS, SM, SM_QUALITY
from smmap.spec.quality import Quality


@pytest.fixture
def cube(tmp_path, tile, unit):
    """Two overpasses, no shard: all nodata."""
    first = unit.overpass
    second = replace(
        first,
        datetime=first.datetime + timedelta(days=6, microseconds=1),
        platform="sentinel-1c",
        orbit_state=None,
        relative_orbit=None,
    )
    files = compute_group_files(
        LAYERS, tile.geobox, [first, second], (0.0, 0.05), {"title": "test"}
    )
    assert list(files)[-1] == ROOT_DOCUMENT
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.mark.parametrize(
    "size, shard", [(10240, 2048), (5120, 2048), (1024, 1024), (1100, 1536), (512, 512), (100, 100)]
)
def test_shards_are_whole_chunks(size, shard):
    assert compute_shard_shape(size, 512) == (shard, 512)


def test_time_alone_sets_a_cube_apart_from_a_slice():
    names = [layer.name for layer in LAYERS]
    one = compute_array_document(SM, (1, 5120, 5120), names)
    many = compute_array_document(SM, (40, 5120, 5120), names)
    assert many.pop("shape") == [40, 5120, 5120]
    assert one.pop("shape") == [1, 5120, 5120]
    assert one == many


def test_zarr_understands_the_documents(cube):
    group = zarr.open_group(cube, mode="r")
    array = group["sm"]
    assert array.shape == (2, 10240, 10240)
    assert array.shards == (1, 2048, 2048)
    assert array.chunks == (1, 512, 512)
    assert array.fill_value == -32768
    assert array.metadata.dimension_names == ("time", "y", "x")
    assert np.all(array[0, :600, :600] == -32768)
    assert group.metadata.consolidated_metadata is not None
    assert set(group.array_keys()) == set(
        json.loads((cube / "zarr.json").read_text())["consolidated_metadata"]["metadata"]
    )


def test_xarray_decodes(cube, tile, unit):
    dataset = xr.open_zarr(cube, chunks=None)
    moments = dataset.time.values.astype("datetime64[us]").tolist()
    assert moments[0] == unit.overpass.datetime.replace(tzinfo=None)
    assert moments[1] - moments[0] == timedelta(days=6, microseconds=1)
    assert {"depth", "platform", "relative_orbit", "orbit_state", "spatial_ref"} <= set(
        dataset.coords
    )
    assert set(dataset.data_vars) == {"sm", "sm_uncertainty", "sm_quality"}
    assert dataset.x.values[[0, -1]].tolist() == [614405.0, 716795.0]
    assert dataset.y.values[[0, -1]].tolist() == [5631995.0, 5529605.0]
    assert dataset.depth_bnds.values.tolist() == [0.0, 0.05]
    assert float(dataset.depth) == 0.025
    assert np.isnan(dataset.sm[0, 0, 0].values)
    assert np.isnan(dataset.sm_quality[0, 0, 0].values)
    names = dataset.platform.attrs["flag_meanings"].split()
    assert [names[code] for code in dataset.platform.values] == ["sentinel-1a", "sentinel-1c"]
    states = dataset.orbit_state.attrs["flag_meanings"].split()
    assert [states[code] for code in dataset.orbit_state.values] == ["descending", "unknown"]
    assert dataset.relative_orbit.values.tolist() == [37, 0]


def test_cf_attributes(cube):
    raw = xr.open_zarr(cube, chunks=None, mask_and_scale=False)
    sm, quality = raw.sm.attrs, raw.sm_quality.attrs
    assert sm["standard_name"] == "volume_fraction_of_condensed_water_in_soil"
    assert sm["units"] == "m3 m-3"
    assert sm["ancillary_variables"] == "sm_uncertainty sm_quality"
    assert sm["scale_factor"] == 0.0001
    assert sm["_FillValue"] == -32768
    assert sm["valid_range"] == [0, 10000]
    assert sm["grid_mapping"] == "spatial_ref"
    assert quality["flag_masks"] == [int(bit) for bit in Quality]
    assert len(quality["flag_meanings"].split()) == len(quality["flag_masks"])
    assert "scale_factor" not in quality


def test_grid_mapping_reads_back(cube, tile):
    attributes = xr.open_zarr(cube, chunks=None).spatial_ref.attrs
    assert CRS.from_cf(attributes).to_epsg() == 32631
    assert CRS.from_wkt(attributes["spatial_ref"]).to_epsg() == 32631
    assert Affine.from_gdal(*map(float, attributes["GeoTransform"].split())) == tile.geobox.affine


def test_degrees(unit):
    geobox = GeoBox((100, 100), Affine(0.01, 0, 5, 0, -0.01, 52), "EPSG:4326")
    files = compute_group_files([SM_QUALITY], geobox, [unit.overpass], (0.0, 0.05), {})
    axis = json.loads(files["x/zarr.json"])["attributes"]
    assert axis["units"] == "degrees_east"
    assert np.frombuffer(files["x/c/0"], "<f8")[0] == pytest.approx(5.005)
