"""Maps at half their size, beside exact fractions and counts."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from smmap.product.layers import SM, SM_QUALITY
from smmap.product.overview import (
    Cells,
    average_cells,
    average_plainly,
    count_cells,
    find_commonest,
    find_commonest_plainly,
    get_rule,
    list_overview_shapes,
)

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)


def make_maps(dtype, numbers):
    return SHAPES.flatmap(lambda shape: hnp.arrays(dtype, shape, elements=st.sampled_from(numbers)))


def share_out(size):
    """Of each cell along a side: its pixels, and the share of each that lies in the cell."""
    count = max(1, size // 2)
    length = Fraction(size, count)
    for cell in range(count):
        low, high = cell * length, (cell + 1) * length
        found = ((at, min(high, at + 1) - max(low, at)) for at in range(size))
        yield [(at, share) for at, share in found if share > 0]


@pytest.mark.parametrize("average", [average_cells, average_plainly])
@given(values=make_maps(np.int16, [SM.fill, -7, 0, 1, 2, 5000, 32767]))
def test_averages_weigh_pixels_by_their_share(average, values):
    rows, columns = (Cells.whole(size) for size in values.shape)
    ours = average(values, SM.fill, rows, columns)
    for i, row in enumerate(share_out(values.shape[0])):
        for j, column in enumerate(share_out(values.shape[1])):
            known = [
                (int(values[y, x]), down * across)
                for y, down in row
                for x, across in column
                if values[y, x] != SM.fill
            ]
            if not known:
                assert ours[i, j] == SM.fill
                continue
            mean = sum(value * share for value, share in known) / sum(share for _, share in known)
            assert abs(ours[i, j] - mean) <= Fraction(1, 2)


@pytest.mark.parametrize("find", [find_commonest, find_commonest_plainly])
@given(values=make_maps(np.uint16, [SM_QUALITY.fill, 0, 8, 128]))
def test_flags_are_the_most_frequent(find, values):
    rows, columns = (Cells.whole(size) for size in values.shape)
    ours = find(values, SM_QUALITY.fill, rows, columns)
    for i, row in enumerate(share_out(values.shape[0])):
        for j, column in enumerate(share_out(values.shape[1])):
            counts = Counter(int(values[y, x]) for y, _ in row for x, _ in column)
            del counts[SM_QUALITY.fill]
            most = max(counts.values(), default=0)
            assert counts[int(ours[i, j])] == most
            assert most or ours[i, j] == SM_QUALITY.fill


@pytest.mark.parametrize("values, expected", [([1, 2], 2), ([-1, -2], -2), ([1, 1], 1)])
def test_halves_go_away_from_zero(values, expected):
    pair = np.array([values], np.int16)
    assert average_cells(pair, SM.fill, Cells.whole(1), Cells.whole(2)).tolist() == [[expected]]


@given(
    make_maps(np.int16, [SM.fill, 0, 3, 4, 10000]),
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from([SM, SM_QUALITY]),
)
def test_any_cut_gives_the_same_cells(values, row, column, layer):
    compute = get_rule(layer)
    height, width = values.shape
    whole = compute(values, SM.fill, Cells.whole(height), Cells.whole(width))
    rows = Cells(height, min(row, count_cells(height) - 1), count_cells(height))
    columns = Cells(width, min(column, count_cells(width) - 1), count_cells(width))
    part = compute(values[rows.find_pixels(), columns.find_pixels()], SM.fill, rows, columns)
    assert np.array_equal(part, whole[rows.first :, columns.first :])


def test_overviews_end_where_one_fits_into_a_block():
    assert list_overview_shapes((512, 100), 512) == []
    assert list_overview_shapes((2049, 1300), 512) == [(1024, 650), (512, 325)]
    assert list_overview_shapes((1, 2000), 512) == [(1, 1000), (1, 500)]
