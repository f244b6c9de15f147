"""What a GIS finds in our GeoTIFFs, and what happens when the disk is full."""

from __future__ import annotations

import logging
import subprocess
import sys

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox

from smmap.product.layers import SM, SM_QUALITY
from smmap.product.packing import unpack
from smmap.product.tally import Tally
from smmap.sinks.cog import write_cog
from smmap.spec.errors import StoreError

SHAPE = (1300, 1100)
GEOBOX = GeoBox(SHAPE, Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")


@pytest.fixture
def packed():
    rng = np.random.default_rng(3)
    values = rng.integers(1000, 3000, SHAPE).astype(np.int16)
    values[rng.random(SHAPE) < 0.4] = SM.fill
    values[:64, :64] = SM.fill
    return values


def test_reads_back_with_sensible_values(tmp_path, packed):
    path = tmp_path / "sm.tif"
    write_cog(path, packed, GEOBOX, SM, description="Top soil", tags={"b": "2", "a": "1"})
    with rasterio.open(path) as dataset:
        assert dataset.crs.to_epsg() == 32631
        assert dataset.transform == GEOBOX.affine
        assert dataset.nodata == SM.fill
        assert dataset.scales == (0.0001,)
        assert dataset.offsets == (0.0,)
        assert dataset.units == ("m3 m-3",)
        assert dataset.descriptions == ("Top soil",)
        assert dataset.block_shapes == [(512, 512)]
        assert dataset.tags()["AREA_OR_POINT"] == "Area"
        assert dataset.tags()["a"] == "1"
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        physical = dataset.read(1, masked=True).astype(np.float64) * dataset.scales[0]
        statistics = dataset.tags(1)
        stored = dataset.read(1)
    assert np.array_equal(stored, packed)
    expected = unpack(packed, SM)
    assert np.array_equal(physical.mask, np.isnan(expected))
    assert np.allclose(physical.compressed(), expected[~np.isnan(expected)], atol=1e-7)
    valid = packed[packed != SM.fill]
    assert int(statistics["STATISTICS_MINIMUM"]) == valid.min()
    assert int(statistics["STATISTICS_MAXIMUM"]) == valid.max()
    assert float(statistics["STATISTICS_MEAN"]) == pytest.approx(valid.mean())
    assert float(statistics["STATISTICS_STDDEV"]) == pytest.approx(valid.std())
    assert list(tmp_path.iterdir()) == [path]


def test_overviews_average_what_is_valid(tmp_path, packed):
    path = tmp_path / "sm.tif"
    write_cog(path, packed, GEOBOX, SM)
    with rasterio.open(path) as dataset:
        assert dataset.overviews(1)[0] == 2
    with rasterio.open(path, overview_level=0) as overview:
        half = overview.read(1)
    cells = packed.reshape(650, 2, 550, 2).astype(float)
    cells[cells == SM.fill] = np.nan
    count = np.isfinite(cells).sum(axis=(1, 3))
    mean = np.nansum(cells, axis=(1, 3)) / np.maximum(count, 1)
    assert np.array_equal(half == SM.fill, count == 0)
    assert np.all(np.abs(half - mean)[count > 0] <= 0.5)


def test_overviews_of_flags_invent_no_flags(tmp_path):
    rng = np.random.default_rng(5)
    flags = rng.choice(np.array([0, 128, 512 | 256, 65535], np.uint16), SHAPE)
    path = tmp_path / "quality.tif"
    write_cog(path, flags, GEOBOX, SM_QUALITY)
    with rasterio.open(path, overview_level=0) as overview:
        assert set(np.unique(overview.read(1))) <= set(np.unique(flags))
    with rasterio.open(path) as dataset:
        assert dataset.scales == (1.0,)
        assert dataset.nodata == 65535


def test_overviews_of_flags_take_the_most_frequent(tmp_path):
    cells = np.tile(np.array([[8, 8], [8, 128]], np.uint16), (300, 300))
    geobox = GeoBox(cells.shape, GEOBOX.affine, "EPSG:32631")
    write_cog(tmp_path / "q.tif", cells, geobox, SM_QUALITY)
    with rasterio.open(tmp_path / "q.tif", overview_level=0) as overview:
        assert np.all(overview.read(1) == 8)


@pytest.mark.parametrize("shape", [(1, 1), (100, 30), (512, 512)])
def test_small_and_empty_areas(tmp_path, shape):
    geobox = GeoBox(shape, Affine(0.01, 0, 5, 0, -0.01, 52), "EPSG:4326")
    path = tmp_path / "sm.tif"
    write_cog(path, np.full(shape, SM.fill, np.int16), geobox, SM)
    with rasterio.open(path) as dataset:
        assert dataset.shape == shape
        assert dataset.read(1, masked=True).mask.all()


def test_grid_without_a_code(tmp_path):
    geobox = GeoBox((20, 20), GEOBOX.affine, "+proj=laea +lat_0=50 +lon_0=5 +ellps=WGS84 +units=m")
    write_cog(tmp_path / "sm.tif", np.full((20, 20), 7, np.int16), geobox, SM)
    with rasterio.open(tmp_path / "sm.tif") as dataset:
        assert "Lambert_Azimuthal" in dataset.crs.to_wkt()


def test_no_such_folder(tmp_path, packed):
    with pytest.raises(StoreError, match="free space or change permissions") as caught:
        write_cog(tmp_path / "none" / "sm.tif", packed, GEOBOX, SM)
    assert caught.value.__context__ is None


FULL_DISK = """
import pathlib, resource, signal, sys
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from smmap.product.layers import SM
from smmap.sinks.cog import write_cog
from smmap.spec.errors import StoreError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder, sparse = pathlib.Path(sys.argv[1]), sys.argv[2] == "sparse"
values = np.random.default_rng(0).integers(0, 10000, (600, 600)).astype(np.int16)
values[512:, 512:] = SM.fill
geobox = GeoBox((600, 600), Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")
write_cog(folder / "whole.tif", values, geobox, SM, sparse=sparse)
whole = (folder / "whole.tif").read_bytes()
size = len(whole)
limits = [1, 4000, size - 200000, size - 3000, size - 10, *range(8192, size + 60000, 16384)]
for limit in limits:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        write_cog(folder / "part.tif", values, geobox, SM, sparse=sparse)
    except StoreError:
        if list(folder.glob("part*")):
            print("a part is left at", limit, "of", size)
    else:
        if (folder / "part.tif").read_bytes() != whole:
            print("no error at", limit, "of", size)
        (folder / "part.tif").unlink()
print("over at", limit, "of", size)
"""


@pytest.mark.parametrize("sparse", ["dense", "sparse"])
def test_a_full_disk_never_passes_for_a_file(tmp_path, sparse):
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), sparse]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[:-1] == []


def test_sparse_or_not_the_same_pixels(tmp_path, packed):
    packed[512:] = SM.fill
    for sparse in (False, True):
        write_cog(tmp_path / f"{sparse}.tif", packed, GEOBOX, SM, sparse=sparse)
    with rasterio.open(tmp_path / "True.tif") as dataset:
        assert np.array_equal(dataset.read(1), packed)
        assert dataset.get_tag_item("BLOCK_OFFSET_0_1", "TIFF", bidx=1) is None
    for level in (0, 1):
        dense, thin = (
            rasterio.open(tmp_path / f"{sparse}.tif", overview_level=level)
            for sparse in (False, True)
        )
        with dense, thin:
            assert np.array_equal(dense.read(1), thin.read(1))
    sizes = [(tmp_path / f"{sparse}.tif").stat().st_size for sparse in (False, True)]
    assert sizes[1] < sizes[0]


def write_by_gdal(path, packed, layer):
    """One dataset in memory, copied at once by GDAL's own COG driver."""
    averaged = layer.scale_factor is not None
    with rasterio.open(
        path,
        "w",
        driver="COG",
        height=packed.shape[0],
        width=packed.shape[1],
        count=1,
        dtype=layer.dtype,
        nodata=layer.fill,
        crs="EPSG:32631",
        transform=GEOBOX.affine,
        blocksize=512,
        compress="ZSTD",
        level=1,
        predictor="STANDARD",
        statistics="YES",
        bigtiff="IF_SAFER",
        overview_resampling="AVERAGE" if averaged else "MODE",
        num_threads="1",
    ) as dataset:
        dataset.write(packed, 1)
        dataset.scales = (layer.scale_factor or 1.0,)
        dataset.offsets = (0.0,)
        dataset.units = (layer.units,)
        dataset.set_band_description(1, layer.long_name)
        dataset.update_tags(a="1")


def test_gdal_itself_writes_the_same_bytes(tmp_path, packed):
    flags = np.random.default_rng(4).choice(np.array([0, 8, 128, 65535], np.uint16), (1301, 1027))
    for layer, values in ((SM, packed), (SM_QUALITY, flags)):
        geobox = GeoBox(values.shape, GEOBOX.affine, "EPSG:32631")
        write_cog(tmp_path / "ours.tif", values, geobox, layer, tags={"a": "1"})
        write_by_gdal(tmp_path / "gdals.tif", values, layer)
        assert (tmp_path / "ours.tif").read_bytes() == (tmp_path / "gdals.tif").read_bytes()


def test_odd_sides_are_averaged_as_gdal_does(tmp_path, packed):
    """Its sums of shares are not exact, so that it may round halves either way."""
    odd = packed[:1283, :1051]
    write_cog(tmp_path / "ours.tif", odd, GeoBox(odd.shape, GEOBOX.affine, "EPSG:32631"), SM)
    write_by_gdal(tmp_path / "gdals.tif", odd, SM)
    ours, gdals = (
        rasterio.open(tmp_path / name, overview_level=0) for name in ("ours.tif", "gdals.tif")
    )
    with ours, gdals:
        apart = np.abs(ours.read(1).astype(int) - gdals.read(1))
    assert apart.max() <= 1
    assert np.count_nonzero(apart) < 1e-3 * apart.size


def test_settings_of_gdal_do_not_change_the_bytes(tmp_path, packed):
    odd = packed[:1283, :1051]
    geobox = GeoBox(odd.shape, GEOBOX.affine, "EPSG:32631")
    write_cog(tmp_path / "plain.tif", odd, geobox, SM)
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        write_cog(tmp_path / "set.tif", odd, geobox, SM)
    assert (tmp_path / "plain.tif").read_bytes() == (tmp_path / "set.tif").read_bytes()


def test_a_file_is_written_without_a_session_of_boto3(tmp_path, packed, monkeypatch, caplog):
    """It would be made anew each time a file is opened, and takes longer than a small file."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of the output")
    geobox = GeoBox(packed.shape, GEOBOX.affine, "EPSG:32631")
    with caplog.at_level(logging.DEBUG, logger="botocore"):
        write_cog(tmp_path / "map.tif", packed, geobox, SM)
        assert not [one for one in caplog.records if one.name.startswith("botocore")]
        rasterio.Env()
    assert [one for one in caplog.records if one.name.startswith("botocore")]  # as others do


def test_numbers_that_are_counted_already_give_the_same_bytes(tmp_path, packed):
    tally = Tally(SM)
    for half in (packed[300:], packed[:300]):
        tally.add(half)
    geobox = GeoBox(packed.shape, Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")
    for name, known in (("one.tif", None), ("other.tif", tally)):
        write_cog(tmp_path / name, packed, geobox, SM, tally=known)
    assert (tmp_path / "one.tif").read_bytes() == (tmp_path / "other.tif").read_bytes()
