"""What the next block needs is fetched while this one is read: once, bounded, and of no effect."""

from __future__ import annotations

import time
from contextlib import nullcontext

import numpy as np
import pytest
from page_server import serve_pages

from smmap.spec.band import Band
from smmap.spec.errors import TransientError
from smmap.spec.tile import Block
from smmap.stack import file_cache
from smmap.stack import next_block as module
from smmap.stack.file_cache import FileCache, keep_files
from smmap.stack.load_band import load_band
from smmap.stack.next_block import begin_block, fetch_following, foresee_blocks
from smmap.stack.read_ahead import read_ahead
from smmap.stack.room import Room
from smmap.store import retry

COUNT, SIDE, STEP = 3, 1024, 256


@pytest.fixture(scope="module")
def noise():
    return np.random.default_rng(0).random((SIDE, SIDE)).astype(np.float32)


@pytest.fixture
def server(tmp_path):
    with serve_pages(tmp_path) as pages:
        yield pages


@pytest.fixture
def bands(server, noise, write_tif):
    """Each a file of its own, of tiles of 256 x 256 pixels: four pages each."""
    found = []
    for number in range(COUNT):
        path = server.folder / f"b{number}.tif"
        write_tif(path, noise + number, tiled=True, blockxsize=256, blockysize=256)
        found.append(Band(f"b{number}", f"{server.address}/b{number}.tif", "1"))
    return found


@pytest.fixture
def blocks(block):
    """The rows that the file has, in strips; the last is narrower."""
    rows = [(row, min(STEP, 1000 - row)) for row in range(0, 1000, STEP)]
    return [Block(block.geobox, row, 0, height, SIDE) for row, height in rows]


def read(bands, block, halo):
    """As a run does: radar has a halo, and what is read alone is no group."""
    with begin_block(block):
        with read_ahead((one, block.pad(halo)) for one in bands[:2]):
            found = [load_band(one, block.pad(halo)).values for one in bands[:2]]
        return [*found, *(load_band(one, block).values for one in bands[2:])]


def settle(server):
    """Until nobody asks for anything any more."""
    before = -1
    while before != len(server.asked):
        before = len(server.asked)
        time.sleep(0.1)


@pytest.mark.parametrize("readers", [1, 2])
def test_the_next_block_is_there_when_it_is_read(server, bands, blocks, readers):
    with keep_files(), foresee_blocks(blocks[: readers + 1], readers):
        for one in blocks[:readers]:
            read(bands, one, 3)
        settle(server)
        server.asked.clear()
        with begin_block(blocks[readers]):
            found = [load_band(one, blocks[readers].pad(3)).values for one in bands[:2]]
            settled = [one for one in server.asked if not one[1].endswith("b2.tif")]
        assert settled == []
    assert [one.shape for one in found] == [(STEP + 6, SIDE + 6)] * 2


@pytest.mark.parametrize("free", [0, 2**21, 2**25])
def test_pixels_and_requests_are_the_same_and_nothing_stays(
    server, bands, blocks, free, monkeypatch
):
    room = Room(free)
    monkeypatch.setattr(module, "_ROOM", room)
    found = {}
    for way in (nullcontext(), foresee_blocks(blocks, 1)):
        server.asked.clear()
        with keep_files(), way:
            values = [read(bands, one, 3) for one in blocks]
        found[type(way)] = values, sorted({one[1:] for one in server.asked})
        assert len(server.asked) == len(found[type(way)][1]), "nothing is asked for twice"
    (plain, asked), (early, asked_early) = found.values()
    for one, other in zip(plain, early, strict=True):
        for values, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(values, same)
    assert asked == asked_early
    with room.take({("all", 0): free}) as there:
        assert there, "all of it was given back"


def test_what_is_not_read_after_all_is_let_go(server, bands, blocks, monkeypatch):
    """A block whose scenes end: what was fetched of it goes when it has been read."""
    room = Room(2**25)
    monkeypatch.setattr(module, "_ROOM", room)
    with keep_files(), foresee_blocks(blocks, 1):
        read(bands, blocks[0], 0)
        settle(server)
        with room.take({("all", 0): 2**25}) as there:
            assert not there
        with begin_block(blocks[1]):
            pass
        with room.take({("all", 0): 2**25}) as there:
            assert there
        with begin_block(blocks[1]):
            load_band(bands[0], blocks[1])


def test_what_fails_early_fails_where_it_is_read(server, bands, blocks, noise, monkeypatch):
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.002)
    with keep_files(), foresee_blocks(blocks, 1):
        with begin_block(blocks[0]):
            server.faults = ["500"] * 1000
            fetch_following(bands[0], blocks[0])
        settle(server)
        with begin_block(blocks[1]):
            with pytest.raises(TransientError, match="rerun later"):
                load_band(bands[0], blocks[1])
            server.faults = []
            values = load_band(bands[0], blocks[1]).values
            np.testing.assert_array_equal(values, noise[STEP : 2 * STEP])


@pytest.mark.parametrize("context", [nullcontext, keep_files])
def test_without_a_task_nothing_is_fetched_early(server, bands, blocks, context):
    with context(), begin_block(blocks[0]):
        load_band(bands[0], blocks[0])
    settle(server)
    assert len(server.asked) == 2


def test_what_is_counted_on_for_the_next_block_stays(server, bands, block):
    """What lies in both blocks is not fetched for the second, whatever is unpacked between them."""
    here, there = (Block(block.geobox, row, 0, 500, SIDE) for row in (0, 500))
    token = file_cache._CACHE.set(FileCache(most_bytes=2 * 4 * 2**18))
    try:
        with foresee_blocks([here, there], 1):
            with begin_block(here):
                load_band(bands[0], here)
                settle(server)
                for one in bands[1:]:
                    load_band(one, here)
            settle(server)
            server.asked.clear()
            with begin_block(there):
                load_band(bands[0], there)
            assert not [one for one in server.asked if one[1].endswith("b0.tif")]
    finally:
        file_cache._CACHE.reset(token)


@pytest.mark.parametrize("readers, requests", [(1, 2), (2, 1)])
def test_what_two_blocks_side_by_side_need_is_fetched_together(
    server, bands, block, noise, readers, requests
):
    """Each needs two tiles of two rows, which lie apart; both need the rows whole, one piece."""
    left, right = (Block(block.geobox, 0, col, 500, 512) for col in (0, 512))
    with (
        keep_files(),
        foresee_blocks([left, right], readers),
        begin_block(left),
        read_ahead((one, left) for one in bands),
    ):
        settle(server)
        assert len(server.asked) == COUNT * (1 + requests), "a header, and its tiles"
        server.asked.clear()
        with begin_block(right), read_ahead((one, right) for one in bands):
            found = [load_band(one, right).values for one in bands]
        assert len(server.asked) == (COUNT * 2 if readers == 1 else 0)
        found += [load_band(one, left).values for one in bands]
    for number, values in enumerate(found):
        part = noise[:500, 512:] if number < COUNT else noise[:500, :512]
        np.testing.assert_array_equal(values, part + number % COUNT)
