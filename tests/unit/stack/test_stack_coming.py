"""What a task keeps of a file: what later blocks need, so that each block is unpacked once."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from affine import Affine

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack import file_cache
from smmap.stack.coming import Order, come_to, find_coming, move
from smmap.stack.file_cache import FileCache
from smmap.stack.load_band import load_band
from smmap.stack.next_block import begin_block, foresee_blocks

TILE, COUNT = 256, 6
SIDE = TILE * COUNT


class Counting(FileCache):
    """Counts what is unpacked."""

    def __init__(self, blocks):
        super().__init__(blocks * TILE * TILE)
        self.unpacked = []

    def _read(self, mine, read):
        self.unpacked.append(mine)
        return super()._read(mine, read)


@pytest.fixture(scope="module")
def band(tmp_path_factory, write_tif):
    values = np.random.default_rng(0).integers(1, 250, (SIDE, SIDE), np.uint8)
    path = tmp_path_factory.mktemp("files") / "a.tif"
    return Band("a", write_tif(path, values, tiled=True, blockxsize=TILE, blockysize=TILE), "1")


@pytest.fixture(scope="module")
def blocks(block):
    """Sixteen of 380 x 380 pixels, row by row, which begin and end within the file's blocks."""
    grid = block.geobox.translate_pix(0.3, 0.6)
    return Block(grid, 0, 0, 4 * 380, 4 * 380).split(380)


def read(band, blocks, kept, way):
    """In so little memory; what was read, and what was unpacked."""
    token = file_cache._CACHE.set(cache := Counting(kept))
    try:
        with way:
            found = []
            for one in blocks:
                with begin_block(one):
                    found.append(load_band(band, one).values)
    finally:
        file_cache._CACHE.reset(token)
    return found, cache.unpacked


def test_each_is_unpacked_once_where_the_blocks_are_foreseen(band, blocks):
    """Memory for two rows of six: those that wait for later blocks, and those being read."""
    plain, again = read(band, blocks, 12, nullcontext())
    found, once = read(band, blocks, 12, foresee_blocks(blocks, 1))
    assert len(once) == len({*once}) == COUNT**2
    assert len(again) > COUNT**2
    for one, other in zip(plain, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_windows_of_later_blocks_hold_their_pixels(block):
    """In another zone's coordinates, turned: against every pixel of each, by PROJ."""
    from pyproj import Transformer

    blocks = Block(block.geobox, 0, 0, 80, 100).split(40)
    transform, crs, shape = Affine(10, 0, 1_040_000, 0, -10, 5_150_000), "EPSG:32631", (9000, 9000)
    with come_to(Order(blocks), 1):
        windows = find_coming(blocks[1].pad(3), transform, crs, shape)
    assert windows is not None
    assert len(windows) == len(blocks) - 2
    there = Transformer.from_crs(str(block.geobox.crs), crs, always_xy=True)
    for one, (top, bottom, left, right) in zip(blocks[2:], windows, strict=True):
        around = one.pad(3)
        x, y = np.meshgrid(around.xs(), around.ys())
        col, row = ~transform * there.transform(x, y)
        assert top <= row.min()
        assert row.max() <= bottom <= row.max() + 4
        assert left <= col.min()
        assert col.max() <= right <= col.max() + 4


def test_a_block_that_lies_nowhere_in_the_file_needs_nothing(block):
    blocks = block.split(50)
    with come_to(Order(blocks), 0):
        windows = find_coming(blocks[0], Affine(10, 0, 0, 0, -10, 0), "EPSG:32632", (5, 5))
    assert windows is not None
    assert not windows.any()


def test_outside_of_a_task_nobody_knows(block):
    assert find_coming(block, Affine.identity(), "EPSG:32632", (5, 5)) is None


def test_what_lies_around_a_block_lies_so_around_another(block):
    first, _, third, _ = Block(block.geobox, 0, 0, 80, 80).split(40)
    assert move(first.pad(2), first, third) == third.pad(2)
    assert move(first.refine(2).pad(3), first, third) == third.refine(2).pad(3)
