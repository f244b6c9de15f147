"""The kernel and SciPy: the same bits."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.features import _kernel
from smmap.features.gather import choose_rows, choose_rows_plainly, gather, gather_plainly
from smmap.features.indices import (
    compute_difference_plainly,
    compute_evi,
    compute_evi_plainly,
    compute_normalised_difference,
)
from smmap.features.speckle import filter_lee, filter_lee_plainly
from smmap.features.terrain import compute_gradient_plainly

POWERS = st.one_of(
    st.floats(-1, 10, width=32),
    st.sampled_from([np.nan, np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3.4e38, -3.4e38]),
)
SIDES = st.integers(1, 12)


@st.composite
def pictures(draw):
    return draw(arrays(np.float32, (draw(SIDES), draw(SIDES)), elements=POWERS))


@pytest.mark.parametrize("plain", [False, True])
@given(power=pictures(), half=st.integers(0, 7), looks=st.floats(0.5, 100))
def test_every_picture_comes_out_the_same(plain, power, half, looks):
    with np.errstate(all="ignore"):
        expected = filter_lee_plainly(power, 2 * half + 1, looks)
    found = np.empty(power.shape)
    _kernel.filter_lee(power, 2 * half + 1, 1.0 / looks, plain, found)
    np.testing.assert_array_equal(found, expected)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))
    singles = np.empty(power.shape, np.float32)
    _kernel.filter_lee(power, 2 * half + 1, 1.0 / looks, plain, singles)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(singles, expected.astype(np.float32))


@pytest.mark.parametrize("window", [3, 13, 63])
def test_a_wide_picture_comes_out_the_same(window):
    """Wider than vectors and strips, and deeper than the ring of rows."""
    rng = np.random.default_rng(4)
    power = rng.gamma(4.4, 0.02, (90, 333)).astype(np.float32)
    power[rng.random(power.shape) < 0.05] = np.nan
    expected = filter_lee_plainly(power, window, 4.4)
    np.testing.assert_array_equal(filter_lee(power, window, 4.4), expected)
    singles = filter_lee(power, window, 4.4, single=True)
    assert singles.dtype == np.float32
    np.testing.assert_array_equal(singles, expected.astype(np.float32))


@pytest.mark.parametrize("plain", [False, True])
@given(power=pictures(), half=st.integers(0, 3), data=st.data())
def test_what_lies_around_a_part_is_looked_at_alone(plain, power, half, data):
    """Of a part of a picture; without its margins, as cut off what is filtered whole."""
    top, left = (data.draw(st.integers(0, size - 1)) for size in power.shape)
    part = power[top:, left:]
    margin = data.draw(st.integers(0, min(part.shape) // 2))
    height, width = part.shape
    inner = np.s_[margin : height - margin, margin : width - margin]
    with np.errstate(all="ignore"):
        expected = filter_lee_plainly(part, 2 * half + 1, 4.4)[inner]
        assert np.array_equal(
            filter_lee(part, 2 * half + 1, 4.4, margin=margin), expected, equal_nan=True
        )
        singles = np.empty(expected.shape, np.float32)
        _kernel.filter_lee(part, 2 * half + 1, 1.0 / 4.4, plain, singles)
        np.testing.assert_array_equal(singles, expected.astype(np.float32))


@pytest.mark.parametrize("turn", [np.transpose, np.flipud, lambda one: one[:, ::2]])
def test_only_rows_one_behind_the_other_are_taken(turn):
    power = turn(np.ones((6, 8), np.float32))
    assert (filter_lee(power, 3, 4.4) == 1).all()
    with pytest.raises(ValueError, match="fit"):
        _kernel.filter_lee(power, 3, 0.2, False, np.empty(power.shape))


@pytest.mark.parametrize(
    "window, shape, dtype",
    [
        (3, (4, 5), "f8"),
        (3, (3, 6), "f8"),
        (3, (7, 8), "f8"),
        (4, (5, 6), "f8"),
        (0, (5, 6), "f8"),
        (-3, (5, 6), "f8"),
        (3, (6, 5), "f8"),
        (3, (5, 6), "i4"),
        (3, (6, 5), "f4"),
    ],
)
def test_what_does_not_fit_is_refused(window, shape, dtype):
    power = np.ones((5, 6), np.float32)
    with pytest.raises(ValueError, match=r"odd|type"):
        _kernel.filter_lee(power, window, 0.2, False, np.empty(shape, dtype))


REFLECTANCES = st.one_of(
    st.floats(-0.125, 1.5, width=32),
    st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-45, 3.4e38]),
)


@given(
    bands=st.tuples(SIDES, SIDES).flatmap(
        lambda shape: arrays(np.float32, (3, *shape), elements=REFLECTANCES)
    ),
    turned=st.booleans(),
)
def test_indices_come_out_the_same(bands, turned):
    nir, red, blue = bands[:, ::-1] if turned else bands
    with np.errstate(all="ignore"):
        expected = compute_difference_plainly(nir, red), compute_evi_plainly(nir, red, blue)
    np.testing.assert_array_equal(compute_normalised_difference(nir, red), expected[0])
    np.testing.assert_array_equal(compute_evi(nir, red, blue), expected[1])


HEIGHTS = st.one_of(
    st.floats(-500, 9000, width=32),
    st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3.4e38, -3.4e38]),
)


@given(data=st.data(), height=SIDES, width=SIDES)
def test_gradients_come_out_the_same(data, height, width):
    elevation = data.draw(arrays(np.float32, (height + 2, width + 2), elements=HEIGHTS))
    spacing = arrays(np.float64, (height, 1), elements=st.floats(1, 2000))
    down, across = data.draw(spacing), data.draw(spacing)
    with np.errstate(all="ignore"):
        expected = compute_gradient_plainly(elevation, down, across)
    found = np.empty((2, height, width))
    _kernel.gradient(elevation, 8.0 * down, 8.0 * across, *found)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        np.signbit(found) & (found == 0), np.signbit(expected) & (found == 0)
    )


@st.composite
def columns(draw):
    """Layers as they come: single and double precision, cut out, turned, the same everywhere."""
    height, width = draw(st.integers(1, 20)), draw(st.integers(1, 20))
    found = []
    for _ in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(["f4", "f8", "cut", "turned", "same"]))
        shape = (height + 2, width + 3) if kind == "cut" else (height, width)
        dtype = np.float64 if kind == "f8" else np.float32
        values = draw(arrays(dtype, shape, elements=COLUMN_VALUES[dtype], fill=st.just(0.1)))
        if kind == "same":
            values = np.broadcast_to(values[:1, :1], shape)
        found.append(values[::-1, ::-1] if kind == "turned" else values[-height:, -width:])
    return tuple(found)


COLUMN_VALUES = {
    dtype: st.sampled_from([0.1, -7.0, np.nan, np.inf, -np.inf, largest])
    for dtype, largest in ((np.float32, 3e38), (np.float64, 1e39))  # 1e39 is infinite once rounded
}


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@given(all_columns=columns(), complete=st.booleans())
def test_rows_that_a_model_is_to_see(all_columns, complete):
    *inputs, seen = (*all_columns, all_columns[0].astype(np.float32))
    pixels, rows = choose_rows(inputs, seen, complete=complete)
    expected = choose_rows_plainly(inputs, seen, complete=complete)
    np.testing.assert_array_equal(pixels, expected[0])
    assert rows.flags.c_contiguous
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, expected[1])


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@given(data=st.data(), inputs=columns())
def test_rows_are_those_of_their_pixels(data, inputs):
    size, width = inputs[0].size, inputs[0].shape[1]
    pixels = np.array(data.draw(st.lists(st.integers(0, size - 1), max_size=200)), np.intp)
    expected = [[one[divmod(pixel, width)] for one in inputs] for pixel in pixels]
    for rows in (gather(inputs, pixels), gather_plainly(inputs, pixels)):
        assert rows.flags.c_contiguous
        wanted = np.reshape(expected, (len(pixels), len(inputs))).astype(np.float32)
        np.testing.assert_array_equal(rows, wanted)


def test_wide_columns_come_patch_by_patch():
    """Wider than what is looked at at once, and no whole number of patches."""
    rng = np.random.default_rng(5)
    inputs = [rng.random((19, 2077)), rng.random((19, 2077)).astype(np.float32)]
    inputs[1][rng.random(inputs[1].shape) < 0.3] = np.nan
    pixels, rows = choose_rows(inputs, inputs[1], complete=True)
    expected = choose_rows_plainly(inputs, inputs[1], complete=True)
    np.testing.assert_array_equal(pixels, expected[0])
    np.testing.assert_array_equal(rows, expected[1])
    assert len(pixels) == np.isfinite(inputs[1]).sum()


@pytest.mark.parametrize(
    "function, arrays",
    [
        ("normalised_difference", [("f4", (5, 6)), ("f4", (6, 5)), ("f8", (5, 6))]),
        ("normalised_difference", [("f4", (5, 6)), ("f4", (5, 6)), ("f8", (5, 7))]),
        ("normalised_difference", [("f8", (5, 6)), ("f4", (5, 6)), ("f8", (5, 6))]),
        ("normalised_difference", [("f4", (5, 6)), ("f4", (5, 6)), ("f4", (5, 6))]),
        ("normalised_difference", [("f4", (5, 6)), ("f8", (5, 6))]),
        ("evi", [("f4", (5, 6)), ("f4", (5, 6)), ("f4", (5, 7)), ("f8", (5, 6))]),
        ("evi", 5 * [("f4", (5, 6))]),
        ("gradient", [("f4", (5, 6)), *2 * [("f8", (3, 1))], *2 * [("f8", (3, 5))]]),
        ("gradient", [("f4", (5, 6)), *2 * [("f8", (3, 1))], ("f8", (3, 4)), ("f8", (4, 3))]),
        ("gradient", [("f4", (5, 6)), ("f8", (3, 1)), ("f8", (1, 1)), *2 * [("f8", (3, 4))]]),
        ("gradient", [("f4", (5, 6)), *2 * [("f8", (3, 2))], *2 * [("f8", (3, 4))]]),
        ("gradient", [("f8", (5, 6)), *2 * [("f8", (3, 1))], *2 * [("f8", (3, 4))]]),
        ("gradient", [("f4", (5, 6)), *2 * [("f8", (3, 1))], ("f8", (3, 4))]),
    ],
)
def test_arrays_that_do_not_fit_are_refused(function, arrays):
    with pytest.raises((ValueError, TypeError)):
        getattr(_kernel, function)(*(np.zeros(shape, dtype) for dtype, shape in arrays))


@pytest.mark.parametrize(
    "columns, pixels, rows",
    [
        ([], ("i8", (1, 6)), ("f4", (6, 0))),
        ([("f4", (6,))], ("i8", (1, 6)), ("f4", (6, 1))),
        ([("i4", (2, 3))], ("i8", (1, 6)), ("f4", (6, 1))),
        ([("f4", (2, 3)), ("f4", (3, 2))], ("i8", (1, 6)), ("f4", (6, 2))),
        ([("f4", (2, 3))], ("i4", (1, 6)), ("f4", (6, 1))),
        ([("f4", (2, 3))], ("i8", (2, 3)), ("f4", (6, 1))),
        ([("f4", (2, 3))], ("i8", (1, 6)), ("f8", (6, 1))),
        ([("f4", (2, 3))], ("i8", (1, 6)), ("f4", (5, 1))),
        ([("f4", (2, 3))], ("i8", (1, 6)), ("f4", (6, 2))),
    ],
)
def test_rows_that_do_not_fit_are_refused(columns, pixels, rows):
    taken = tuple(np.zeros(shape, dtype) for dtype, shape in columns)
    numbers, room = (np.zeros(shape, dtype) for dtype, shape in (pixels, rows))
    with pytest.raises(ValueError, match=r"column|type|fit|room"):
        _kernel.gather(taken, numbers, room)
    with pytest.raises(ValueError, match=r"column|type|fit|room"):
        _kernel.choose(taken, True, numbers, room)


def test_columns_that_do_not_lie_evenly_are_refused():
    numbers, room = np.zeros((1, 6), np.int64), np.zeros((6, 1), np.float32)
    for column in (np.zeros((2, 4), np.float32)[:, :3], np.zeros((2, 3), np.float32)[::-1, ::-1]):
        with pytest.raises(ValueError, match="even"):
            _kernel.gather((column,), numbers, room)


def test_too_little_room_is_refused():
    numbers, room = np.zeros((1, 5), np.int64), np.zeros((5, 1), np.float32)
    with pytest.raises(ValueError, match="room"):
        _kernel.choose((np.zeros((2, 3), np.float32),), True, numbers, room)


@pytest.mark.parametrize("pixel", [-1, 6, 2**62])
def test_pixels_that_are_not_there_are_refused(pixel):
    columns = tuple(np.ones((3, 2, 3), "f4"))
    with pytest.raises(ValueError, match="fit"):
        _kernel.gather(columns, np.array([[0, pixel]]), np.empty((2, 3), "f4"))


COMPUTED = """
import numpy as np
from smmap.features import indices, speckle, terrain
from smmap.features.gather import choose_rows, choose_rows_plainly, gather, gather_plainly
power = np.linspace(0.01, 0.2, 42, dtype="f4").reshape(6, 7)
found = speckle.filter_lee(power, 3, 4.4), indices.compute_ndvi(power, power[::-1])
found += indices.compute_evi(power, power[::-1], power / 2), gather((power,), np.arange(9))
found += choose_rows((power, found[1]), power, complete=True)
found += terrain.compute_slope(power, 0.1, 0.2), *terrain.compute_slope_aspect(power, 0.1, 0.2)
text = b"".join(one.tobytes() for one in found).hex()
"""


def test_without_the_kernel_all_of_it_is_there():
    script = (
        "import sys; sys.modules['smmap.features._kernel'] = None"
        f"{COMPUTED}assert not speckle.HAS_KERNEL\nprint(text)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    with_it: dict[str, str] = {}
    exec(COMPUTED, with_it)
    assert done.stdout.strip() == with_it["text"]
