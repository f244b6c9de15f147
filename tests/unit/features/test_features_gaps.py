"""Gaps against NumPy's choice by a mask."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from smmap.features.gaps import find_gaps, leave_gaps

NUMBERS = st.floats(width=32, allow_nan=True, allow_infinity=True)


@given(st.data(), array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=5))
def test_what_is_valid_stays_and_all_else_is_nothing(data, shape):
    valid = data.draw(arrays(np.bool_, shape))
    many = data.draw(arrays(np.float32, shape, elements=NUMBERS))
    one = np.broadcast_to(np.float32(data.draw(st.sampled_from([0.0, 2.5, np.nan]))), shape)
    gaps = find_gaps(valid)
    for values in (many, many[::-1], one):
        found = leave_gaps(values, gaps)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, np.where(valid, values, np.float32(np.nan)))
