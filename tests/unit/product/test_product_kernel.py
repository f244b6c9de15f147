"""The kernel and NumPy: the same numbers; what does not fit is refused."""

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.product import _kernel
from smmap.product.cell_sums import add_cells, add_cells_plainly
from smmap.product.layers import SM
from smmap.product.overview import (
    Cells,
    average_cells,
    average_plainly,
    count_cells,
    find_commonest,
    find_commonest_plainly,
)
from smmap.product.tally import Tally

SIDES = st.integers(1, 23)
RULES = [(average_cells, average_plainly), (find_commonest, find_commonest_plainly)]


@st.composite
def maps(draw):
    """Pixels, their fill, and the cells that they are cut for."""
    dtype = draw(st.sampled_from([np.int16, np.uint16]))
    limits = np.iinfo(dtype)
    few = st.sampled_from([limits.min, limits.max, 0, 1, 2, 3])
    numbers = draw(st.sampled_from([few, st.integers(int(limits.min), int(limits.max))]))
    values = draw(arrays(dtype, (draw(SIDES), draw(SIDES)), elements=numbers))
    sides = []
    for size in values.shape:
        first = draw(st.integers(0, count_cells(size) - 1))
        sides.append(Cells(size, first, draw(st.integers(first + 1, count_cells(size)))))
    cut = values[sides[0].find_pixels(), sides[1].find_pixels()]
    return cut, draw(st.sampled_from([limits.min, limits.max, 0])), *sides


@pytest.mark.parametrize("ours, plain", RULES)
@given(one=maps())
def test_every_map_is_halved_alike(ours, plain, one):
    found, expected = ours(*one), plain(*one)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("size", [16383, 16385, 40000])
@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
def test_sums_of_long_sides_do_not_wrap(size, dtype):
    """The largest numbers, over and over: their average is themselves."""
    limits = np.iinfo(dtype)
    for number, fill in ((limits.max, limits.min), (limits.min, limits.max)):
        for shape in ((size, 3), (3, size)):
            rows, columns = (Cells.whole(one) for one in shape)
            found = average_cells(np.full(shape, number, dtype), fill, rows, columns)
            assert (found == number).all()


@given(
    arrays(np.int16, st.tuples(SIDES, SIDES), elements=st.sampled_from([SM.fill, -1, 0, 5, 32767])),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_every_number_is_counted_in_its_group(values, groups, chance):
    group = np.array([chance.randrange(groups) for _ in range(values.size)], np.uint8)
    tally = Tally(SM, groups)
    for cut in (slice(0, 1), slice(1, None)):
        tally.add(values[cut], group.reshape(values.shape)[cut])
    for most in range(1, groups + 1):
        counts = Counter(values.ravel()[group < most].tolist())
        del counts[SM.fill]
        numbers, weights = tally.get_counts(most)
        assert dict(zip(numbers.tolist(), weights.tolist(), strict=True)) == counts
    assert tally.count_all() == values.size


def halve(function, pixels, cells, sides=((6, 0), (7, 0)), dtypes="HH"):
    getattr(_kernel, function)(np.zeros(pixels, dtypes[0]), 0, *sides, np.zeros(cells, dtypes[1]))


@pytest.mark.parametrize("function", ["average", "commonest"])
@pytest.mark.parametrize(
    "shapes, others",
    [
        ([(6, 7), (3, 3)], {"dtypes": "hH"}),
        ([(6, 7), (3, 3)], {"dtypes": "ff"}),
        ([(5, 7), (3, 3)], {}),
        ([(6, 6), (3, 3)], {}),
        ([(6, 7), (2, 3)], {}),
        ([(6, 7), (3, 4)], {}),
        ([(6, 7), (0, 3)], {}),
        ([(6, 7), (3, 3)], {"sides": ((6, 1), (7, 0))}),
        ([(6, 7), (3, 3)], {"sides": ((6, -1), (7, 0))}),
        ([(6, 7), (3, 3)], {"sides": ((0, 0), (7, 0))}),
        ([(42,), (3, 3)], {}),
    ],
)
def test_cells_that_do_not_fit_are_refused(function, shapes, others):
    with pytest.raises(ValueError, match=r"fit|type"):
        halve(function, *shapes, **others)
    halve(function, (6, 7), (3, 3))


@pytest.mark.parametrize(
    "numbers, groups, counts",
    [
        (("H", (3, 4)), ("B", (3, 4)), ("q", (2, 65535))),
        (("H", (3, 4)), ("B", (4, 3)), ("q", (2, 65536))),
        (("H", (3, 4)), ("H", (3, 4)), ("q", (2, 65536))),
        (("h", (3, 4)), ("B", (3, 4)), ("q", (2, 65536))),
        (("H", (3, 4)), ("B", (3, 4)), ("i", (2, 65536))),
        (("H", (3, 4)), ("B", (3, 4)), ("q", (1, 65536))),
        (("H", (3, 4)), ("B", (3, 4)), ("q", (0, 65536))),
    ],
)
def test_groups_that_are_not_there_are_refused(numbers, groups, counts):
    arguments = [np.ones(shape, dtype) for dtype, shape in (numbers, groups, counts)]
    with pytest.raises(ValueError, match=r"fit|type"):
        _kernel.count(*arguments)
    assert (arguments[2] == 1).all()


@pytest.mark.parametrize(
    "values, numbers",
    [
        (("f", (3, 4)), ("h", (4, 3))),
        (("f", (3, 4)), ("i", (3, 4))),
        (("h", (3, 4)), ("h", (3, 4))),
    ],
)
def test_numbers_that_do_not_hold_the_values_are_refused(values, numbers):
    arguments = [np.ones(shape, dtype) for dtype, shape in (values, numbers)]
    with pytest.raises(ValueError, match=r"fit|type"):
        _kernel.pack(arguments[0], 1.0, (0, 9), -1, arguments[1])
    assert (arguments[1] == 1).all()


@given(one=maps(), side=st.integers(1, 9))
def test_every_cell_is_summed_up_alike(one, side):
    values, fill = one[:2]
    for found, expected in zip(
        add_cells(values, fill, side), add_cells_plainly(values, fill, side), strict=True
    ):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("side", [16383, 16384])
def test_sums_of_large_cells_do_not_wrap(side):
    total, count = add_cells(np.full((side, 2), 65535, np.uint16), 0, side)
    assert (total.item(), count.item()) == (65535 * 2 * side, 2 * side)


@pytest.mark.parametrize(
    "dtype, side, cells, kind",
    [("f", 2, (2, 2), "q"), ("h", 0, (2, 2), "q"), ("h", 3, (2, 2), "q"), ("h", 2, (2, 2), "i")],
)
def test_sums_that_do_not_fit_are_refused(dtype, side, cells, kind):
    sums = np.ones(cells, kind), np.ones(cells, kind)
    with pytest.raises(ValueError, match=r"fit|type"):
        _kernel.add_up(np.zeros((3, 4), dtype), 0, side, *sums)
    assert all((one == 1).all() for one in sums)


COMPUTED = """
import numpy as np
from smmap.product import cell_sums, overview, packing, tally
from smmap.product.layers import SM, SM_QUALITY
values = (np.arange(9 * 14).reshape(9, 14) ** 2 % 31).astype("i2")
values[values < 5] = SM.fill
sides = overview.Cells.whole(9), overview.Cells.whole(14)
counts = tally.Tally(SM, 2)
counts.add(values, (values % 2 == 0).astype("u1"))
found = overview.average_cells(values, SM.fill, *sides), *counts.get_counts(1)
found += (packing.pack(values * 0.00037, SM), packing.pack(values.astype("f4") / 31, SM))
found += (overview.find_commonest(values.astype("u2"), SM_QUALITY.fill, *sides),)
found += cell_sums.add_cells(values, SM.fill, 4)
text = b"".join(one.tobytes() for one in found).hex()
"""


def test_without_the_kernel_all_of_it_is_there():
    script = (
        "import sys; sys.modules['smmap.product._kernel'] = None"
        f"{COMPUTED}assert not overview.HAS_KERNEL\nprint(text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    with_it: dict[str, str] = {}
    exec(COMPUTED, with_it)
    assert done.stdout.strip() == with_it["text"]
