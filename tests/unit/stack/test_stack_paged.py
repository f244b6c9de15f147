"""Remote bands are read by pages, with a bound of requests or none, with a cache or none."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import psutil
import pytest
from page_server import serve_pages

from smmap.spec.band import Band
from smmap.spec.cache import Cache
from smmap.spec.errors import OfflineError, SceneError, TransientError
from smmap.stack.raster import load_overview, load_raster
from smmap.store import retry
from smmap.store.dataset import _Opener
from smmap.store.network import use_network
from smmap.store.remote_file import RemoteFile


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    (tmp_path / "served").mkdir()
    with serve_pages(tmp_path / "served") as pages:
        yield pages


@pytest.fixture(autouse=True)
def network_as_it_was():
    yield
    use_network(offline=False, cache=None)


@pytest.fixture
def cache(tmp_path):
    chosen = Cache(folder=str(tmp_path / "cache"))
    use_network(offline=False, cache=chosen)
    return chosen


@pytest.fixture
def noise():
    return np.random.default_rng(0).random((640, 800)).astype(np.float32)


@pytest.fixture
def band(server, noise, write_tif):
    """Of 2 MB in tiles, with its nodata value and a mask behind the pixels."""
    noise[300, 400] = -1
    path = server.folder / "a.tif"
    write_tif(path, noise, tiled=True, blockxsize=64, blockysize=64, nodata=-1)
    return Band("vv", f"{server.address}/a.tif", "1")


@pytest.fixture
def whole(block):
    return type(block)(block.geobox, 0, 0, 640, 800)


@pytest.fixture
def expected(noise):
    return np.where(noise == -1, np.nan, noise)


def test_pages_give_the_pixels_that_gdal_gives(server, band, whole, expected, cache):
    for one in (band, replace(band, requests_per_second=500.0)):
        np.testing.assert_array_equal(load_raster(one, whole).values, expected)
    use_network(offline=False, cache=None)
    np.testing.assert_array_equal(load_raster(band, whole).values, expected)
    counted = replace(band, requests_per_second=500.0)
    np.testing.assert_array_equal(load_raster(counted, whole).values, expected)
    np.testing.assert_array_equal(load_overview(counted, 50), load_overview(band, 50))


@pytest.mark.parametrize(
    "fault", ["500", "429 0", "reset", "short", "less", "elsewhere", "later", "slow"]
)
@pytest.mark.parametrize("place", [0, 1])
def test_no_fault_gets_into_the_pixels(server, band, block, noise, fault, place):
    """At the opening or later; without a cache, as of a provider that bounds requests."""
    server.faults = [""] * place + [fault]
    found = load_raster(replace(band, requests_per_second=500.0), block)
    np.testing.assert_array_equal(found.values, noise[:80, :100])
    assert not server.faults


@pytest.mark.parametrize("fault", ["403", "500", "reset", "less"])
@pytest.mark.parametrize("window", [True, False])
def test_a_fault_in_the_middle_that_stays_is_one_error(server, band, whole, cache, fault, window):
    """Before GDAL reads a window, or while it reads by itself what no window was fetched for."""

    def read():
        return load_raster(band, whole).values if window else load_overview(band, 800)

    server.faults = [""] * (1 if window else 2) + [fault] * 2 * retry.ATTEMPTS
    with pytest.raises(TransientError, match=r"a\.tif.*rerun later"):
        read()
    assert len(server.asked) <= 2 + 2 * retry.ATTEMPTS, "each part is asked for so often, no more"
    server.faults = []
    found = read()
    use_network(offline=False, cache=None)
    np.testing.assert_array_equal(found, read())


def test_gdal_is_given_nothing_that_did_not_come(server, band):
    """Whoever reads on after a failure meets errors, not zeros."""
    opener = _Opener(RemoteFile(band.href))
    cursor = opener.open(opener.path)
    cursor.seek(300_000)
    server.faults = ["500"] * retry.ATTEMPTS
    assert cursor.read(10) == b""
    assert isinstance(opener.failure, TransientError)
    cursor.seek(0)
    assert cursor.read(10) == b""


def test_what_was_read_is_not_read_again(server, band, whole, expected, cache):
    load_raster(band, whole)
    server.sent = 0
    server.asked.clear()
    np.testing.assert_array_equal(load_raster(band, whole).values, expected)
    assert (server.sent, len(server.asked)) == (0, 1)


def test_a_part_costs_a_part(server, noise, block, write_tif, cache):
    """Of an image of 8 MB, the 80 x 100 pixels in a corner."""
    image = np.tile(noise, (2, 2))
    write_tif(server.folder / "b.tif", image, tiled=True, blockxsize=256, blockysize=256)
    load_raster(Band("vv", f"{server.address}/b.tif", "1"), block)
    assert server.sent < 0.1 * (server.folder / "b.tif").stat().st_size


@pytest.mark.parametrize("layout", [{"tiled": True, "blockxsize": 128, "blockysize": 128}, {}])
@pytest.mark.parametrize("rate", [None, 500.0])
def test_a_window_takes_few_requests(server, noise, block, write_tif, layout, rate, request):
    """One for each row of tiles, one in all for strips; also where nothing is kept on disk."""
    if rate is None:
        request.getfixturevalue("cache")
    image = np.tile(noise, (2, 2))
    write_tif(server.folder / "b.tif", image, compress="deflate", **layout)
    part = type(block)(block.geobox, 200, 300, 400, 500)
    band = Band("vv", f"{server.address}/b.tif", "1", requests_per_second=rate)
    np.testing.assert_array_equal(load_raster(band, part).values, image[200:600, 300:800])
    spans = [one[2] for one in server.asked]
    assert len(spans) <= 1 + (5 if layout else 1), spans
    assert len(set(spans)) == len(spans), "nothing is asked for twice"


@pytest.mark.parametrize("content", [b"no tiff at all", b""])
def test_a_broken_file_costs_its_scene_at_once(server, block, cache, content):
    (server.folder / "broken.tif").write_bytes(content)
    with pytest.raises(SceneError, match=r"broken\.tif cannot be read"):
        load_raster(Band("vv", f"{server.address}/broken.tif", "1"), block)
    assert len(server.asked) == 1


def test_a_truncated_file_costs_its_scene(server, band, whole, cache):
    path = server.folder / "a.tif"
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(SceneError, match=r"a\.tif cannot be read"):
        load_raster(band, whole)


def test_a_provider_that_renames_is_an_error(server, block, cache):
    with pytest.raises(SceneError, match=r"gone\.tif cannot be read \(HTTP 404\)"):
        load_raster(Band("vv", f"{server.address}/gone.tif", "1"), block)


def test_offline_pixels_are_the_same_and_nobody_is_asked(server, band, whole, expected, cache):
    load_raster(band, whole)
    server.asked.clear()
    use_network(offline=True, cache=cache)
    np.testing.assert_array_equal(load_raster(band, whole).values, expected)
    for href in (f"{server.address}/b.tif", "s3://bucket/b.tif"):
        with pytest.raises(OfflineError, match=r"b\.tif is not in the cache"):
            load_raster(replace(band, href=href, sign="planetary-computer"), whole)
    use_network(offline=True, cache=None)
    with pytest.raises(OfflineError, match=r"a\.tif is not in the cache"):
        load_raster(band, whole)
    assert server.asked == []


def test_many_threads_read_one_file(server, band, block, noise, cache):
    """Also into the same cache; no connection and no file stays open."""
    process = psutil.Process()
    load_raster(band, block)
    before = process.num_fds()

    def read(number):
        part = type(block)(block.geobox, 64 * (number % 8), 64 * (number // 8 % 8), 80, 100)
        return part, load_raster(band, part).values

    with ThreadPoolExecutor(8) as pool:
        for part, values in pool.map(read, range(64)):
            rows, cols = part.row, part.col
            wanted = noise[rows : rows + 80, cols : cols + 100]
            np.testing.assert_array_equal(values, np.where(wanted == -1, np.nan, wanted))
    gc.collect()
    # Connections to the server are kept for the next, one for each thread at most; both ends.
    assert process.num_fds() <= before + 2 * 8


def test_also_without_a_bound_a_pause_is_waited_for(server, band, block, noise):
    server.faults = ["429 1"]
    np.testing.assert_array_equal(load_raster(band, block).values, noise[:80, :100])
    moments = [moment for moment, _, _ in server.asked]
    assert max(np.diff(moments)) >= 1.0
