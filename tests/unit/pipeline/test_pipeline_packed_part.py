"""Rows of a part that come in any order, from several threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from smmap.pipeline.packed_part import PackedPart
from smmap.product.layers import SM, SM_QUALITY
from smmap.spec.tile import Block

GEOBOX = GeoBox((100, 100), Affine(10, 0, 0, 0, -10, 0), "EPSG:32632")


@given(
    cuts=st.sets(st.integers(1, 29), max_size=8),
    order=st.randoms(use_true_random=False),
    threads=st.integers(1, 4),
)
def test_whole_with_the_last_rows_and_not_before(cuts, order, threads):
    packed = PackedPart(Block(GEOBOX, 7, 3, 30, 11), [SM, SM_QUALITY])
    numbers = np.arange(30 * 11).reshape(30, 11)
    ends = [0, *sorted(cuts), 30]
    pieces = [slice(*ends[k : k + 2]) for k in range(len(ends) - 1)]
    order.shuffle(pieces)

    def put(rows):
        return packed.put(rows, {"sm": numbers[rows], "sm_quality": numbers[rows] + 1})

    with ThreadPoolExecutor(threads) as pool:
        whole = list(pool.map(put, pieces))
    assert sum(whole) == 1
    assert threads > 1 or whole[-1]
    np.testing.assert_array_equal(packed.layers["sm"], numbers)
    np.testing.assert_array_equal(packed.layers["sm_quality"], numbers + 1)
    assert packed.layers["sm_quality"].dtype == SM_QUALITY.dtype
