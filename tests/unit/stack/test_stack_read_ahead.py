"""What is fetched ahead: side by side, once, within bounds, and never of any effect on pixels."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from page_server import serve_pages

from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.stack import read_ahead as module
from smmap.stack.file_cache import keep_files
from smmap.stack.load_band import load_band
from smmap.stack.raster import hold_raster
from smmap.stack.read_ahead import read_ahead
from smmap.stack.room import Room
from smmap.store import retry

COUNT = 12
SIDE = 512


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).random((SIDE, SIDE)).astype(np.float32)


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    with serve_pages(tmp_path) as pages:
        yield pages


@pytest.fixture
def bands(server, noise, write_tif):
    """Each a file of its own, in 256 tiles of 64 x 64 pixels; the values tell them apart."""
    found = []
    for number in range(COUNT):
        path = server.folder / f"b{number}.tif"
        write_tif(path, noise + number, tiled=True, blockxsize=64, blockysize=64)
        found.append(Band(f"b{number}", f"{server.address}/b{number}.tif", "1"))
    return found


@pytest.fixture
def parts(block):
    """Two of the file's pixels as they are, and two between them."""
    shifted = replace(block, geobox=block.geobox.translate_pix(0.3, 0.6))
    return [
        type(block)(one.geobox, 40, col, 200, 180) for one in (block, shifted) for col in (9, 260)
    ]


def load_all(bands, part):
    with read_ahead((one, part) for one in bands):
        return [load_band(one, part).values for one in bands]


def test_pixels_are_the_same_and_nothing_is_asked_for_twice(server, bands, parts):
    found = {}
    for way in (read_ahead, lambda _: nullcontext()):
        server.asked.clear()
        with keep_files():
            for number, part in enumerate(parts):
                with way([(one, part) for one in bands]):
                    found[way, number] = [load_band(one, part).values for one in bands]
        found[way, "asked"] = sorted(one[1:] for one in server.asked)
    ways = list(dict.fromkeys(key[0] for key in found))
    for number in range(len(parts)):
        np.testing.assert_array_equal(found[ways[0], number], found[ways[1], number])
    assert found[ways[0], "asked"] == found[ways[1], "asked"]
    asked = found[ways[0], "asked"]
    assert len(asked) == len({*asked})


def test_many_files_are_asked_for_at_once(server, bands, parts):
    """None of eight requests is answered before the others have come."""
    server.meet = threading.Barrier(8, timeout=20, action=lambda: setattr(server, "meet", None))
    with keep_files():
        found = load_all(bands, parts[0])
    assert len(found) == COUNT
    assert server.meet is None


def test_what_was_read_before_is_not_fetched(server, bands, parts):
    with keep_files():
        load_all(bands, parts[0])
        server.asked.clear()
        load_all(bands, parts[0])
    assert server.asked == []


def test_a_band_that_is_gone_costs_itself(server, bands, parts):
    bands[1] = replace(bands[1], href=f"{server.address}/none.tif")
    with keep_files(), read_ahead((one, parts[0]) for one in bands):
        load_band(bands[0], parts[0])
        with pytest.raises(SceneError, match=r"none\.tif cannot be read"):
            load_band(bands[1], parts[0])
        assert load_band(bands[2], parts[0]).values.min() >= 2


def test_a_fault_that_stays_is_an_error_and_nothing_wrong_is_kept(server, bands, parts, noise):
    with keep_files():
        server.faults = ["500"] * 1000
        with pytest.raises(TransientError, match="rerun later"):
            load_all(bands, parts[0])
        server.faults = []
        for number, values in enumerate(load_all(bands, parts[0])):
            np.testing.assert_array_equal(values, noise[40:240, 9:189] + number)


@pytest.mark.parametrize("free", [0, 2**24])
def test_what_waits_in_memory_is_bounded(server, bands, parts, free, monkeypatch):
    """Without room a file is opened ahead, and what it holds is fetched when it is read."""
    with keep_files(), hold_raster(bands[0], parts[0], Room(free)) or nullcontext():
        assert (len(server.asked) == 1) == (free == 0)
    room = Room(free)
    monkeypatch.setattr(module, "_ROOM", room)
    with keep_files():
        assert len(load_all(bands, parts[0])) == COUNT
    with room.take({("all", 0): free}) as there:
        assert there, "all of it was given back"
    with room.take({("all", 0): free + 1}) as there:
        assert not there


def test_what_is_held_is_not_asked_for_and_is_let_go(server, bands, parts, monkeypatch):
    room = Room(2**24)
    monkeypatch.setattr(module, "_ROOM", room)
    with keep_files():
        with hold_raster(bands[0], parts[0], room):
            server.asked.clear()
            load_band(bands[0], parts[0])
            assert server.asked == []
        with read_ahead((one, parts[1]) for one in bands):
            load_band(bands[3], parts[1])
    with room.take({("all", 0): 2**24}) as free:
        assert free, "also of what nobody read"


def test_one_file_alone_is_not_fetched_ahead(server, bands, parts):
    with keep_files(), read_ahead([(bands[0], parts[0])]):
        time.sleep(0.1)
        assert server.asked == []
        load_band(bands[0], parts[0])
