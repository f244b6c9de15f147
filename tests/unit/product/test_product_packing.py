"""Packing never wraps, never invents, and comes back within half a step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.product.layers import LAYERS, SM, SM_QUALITY
from smmap.product.packing import pack, pack_plainly, unpack
from smmap.spec.band import Layer
from smmap.spec.quality import Quality

ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True, width=32)


def test_by_hand():
    values = np.array([0.0, 0.25, 1.0, 0.12344, 0.12346, np.nan])
    assert pack(values, SM).tolist() == [0, 2500, 10000, 1234, 1235, -32768]
    assert pack(values, SM).dtype == np.int16


def test_ties_go_to_even():
    halves = Layer("x", "int16", -32768, 0.5, "1", "x")
    values = np.array([0.25, 0.75, 1.25, 1.75, -0.25, -0.75])
    assert pack(values, halves).tolist() == [0, 2, 2, 4, 0, -2]


@pytest.mark.parametrize("value", [-0.001, 1.001, 3.2769, 6.5536, -3.2768, 1e30, np.inf, -np.inf])
def test_what_does_not_fit_is_nodata(value):
    assert pack(np.array([value]), SM).tolist() == [SM.fill]


def test_without_a_valid_range_the_type_is_the_limit():
    layer = Layer("x", "uint8", 255, 1.0, "1", "x")
    assert pack(np.array([-1.0, 0.0, 254.0, 256.0]), layer).tolist() == [255, 0, 254, 255]


def test_flags_are_their_own_stored_values():
    flags = np.array([0, 4096 | 8, 65535], np.uint16)
    assert pack(flags, SM_QUALITY).tolist() == flags.tolist()
    assert np.isnan(unpack(flags, SM_QUALITY)[2])


def test_all_bits_fit_the_quality_range():
    assert SM_QUALITY.valid_range == (0, sum(Quality))


@given(arrays(np.float32, 20, elements=ANY_FLOAT))
def test_round_trip(values):
    packed = pack(values, SM)
    again = unpack(packed, SM)
    inside = (values >= 0) & (values <= 1)
    assert np.all(np.abs(again[inside] - values[inside]) <= 0.5001e-4)
    assert np.all(np.isnan(again[np.isnan(values)]))
    outside = ~inside & ~np.isnan(values) & ((values < -0.00006) | (values > 1.00006))
    assert np.all(np.isnan(again[outside]))


@pytest.mark.parametrize("layer", [SM, Layer("x", "uint16", 65535, 0.01, "1", "x")])
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        elements=ANY_FLOAT
        | st.floats(-400, 700)
        | st.integers(-70000, 70000).map(lambda halves: halves * 0.5e-4),
    ),
    st.sampled_from([np.float32, np.float64]),
    st.integers(1, 3),
)
def test_every_number_is_packed_alike_without_the_kernel(layer, values, dtype, step):
    """Of arrays with gaps, too; ties, infinities and what is too large among them."""
    numbers = values.astype(dtype)[::step, ::step]
    limits = np.iinfo(layer.dtype)
    low, high = layer.valid_range or (limits.min, limits.max)
    packed = pack(numbers, layer)
    assert packed.dtype == layer.dtype
    assert np.array_equal(packed, pack_plainly(numbers, layer, low, high))


@given(arrays(np.int16, 20, elements=st.integers(-32768, 32767)))
def test_stored_values_come_back(packed):
    valid = (packed >= 0) & (packed <= 10000)
    again = pack(unpack(packed, SM), SM)
    assert np.array_equal(again[valid], packed[valid])
    assert np.all(again[~valid] == SM.fill)


def test_fill_lies_outside_every_valid_range():
    for layer in LAYERS:
        low, high = layer.valid_range
        assert not low <= layer.fill <= high
