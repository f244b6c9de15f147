import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from smmap.spec.errors import GridError
from smmap.spec.tile import Block

GEOBOX = GeoBox.from_bbox((500_000, 5_000_000, 501_000, 5_000_800), "EPSG:32632", resolution=10)
"""80 rows x 100 columns."""

blocks = st.builds(
    lambda row, col, height, width: Block(GEOBOX, row, col, height, width),
    st.integers(-5, 70),
    st.integers(-5, 90),
    st.integers(1, 80),
    st.integers(1, 100),
)


@given(block=blocks, size=st.integers(1, 120))
def test_split_covers_every_pixel_once(block, size):
    count = np.zeros(block.shape, int)
    for part in block.split(size):
        assert max(part.shape) <= size
        count[part.within(block)] += 1
    assert (count == 1).all()


@given(block=blocks, halo=st.integers(0, 20))
def test_pad_keeps_the_block_in_its_middle(block, halo):
    wide = block.pad(halo)
    assert wide.shape == (block.height + 2 * halo, block.width + 2 * halo)
    np.testing.assert_array_equal(wide.xs()[block.within(wide)[1]], block.xs())
    np.testing.assert_array_equal(wide.ys()[block.within(wide)[0]], block.ys())


@given(block=blocks, factor=st.integers(1, 12))
def test_refine_keeps_the_ground(block, factor):
    fine = block.refine(factor)
    assert fine.shape == (block.height * factor, block.width * factor)
    np.testing.assert_allclose(
        fine.to_geobox().boundingbox.bbox, block.to_geobox().boundingbox.bbox, atol=1e-6
    )
    centres = fine.xs().reshape(-1, factor).mean(axis=1)
    np.testing.assert_allclose(centres, block.xs(), atol=1e-6)


@given(block=blocks, size=st.integers(20, 60), factor=st.integers(1, 10))
def test_coordinates_do_not_depend_on_the_cut(block, size, factor):
    fine = block.refine(factor)
    for part in block.split(size):
        inner = part.refine(factor)
        rows, cols = inner.within(fine)
        np.testing.assert_array_equal(fine.xs()[cols], inner.xs())
        np.testing.assert_array_equal(fine.ys()[rows], inner.ys())


def test_coordinates_by_hand():
    block = Block(GEOBOX, 2, 3, 1, 2)
    np.testing.assert_array_equal(block.xs(), [500_035, 500_045])
    np.testing.assert_array_equal(block.ys(), [5_000_775])
    assert Block.whole(GEOBOX).shape == (80, 100)


def test_empty_blocks_are_refused():
    with pytest.raises(GridError, match="0 x 5"):
        Block(GEOBOX, 0, 0, 0, 5)
    with pytest.raises(GridError, match="block size 0"):
        Block.whole(GEOBOX).split(0)
