"""Shares of windows, and what stands in their gaps."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from smmap.features.surroundings import compute_valid_share, fill_gaps
from smmap.spec.card import ModelInput


@given(
    hnp.arrays(bool, st.tuples(st.integers(5, 12), st.integers(5, 12))),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_shares_are_those_of_each_window(valid, window, step):
    found = compute_valid_share(valid, window, step)
    each = np.lib.stride_tricks.sliding_window_view(valid, (window, window))[::step, ::step]
    np.testing.assert_array_equal(found, each.mean(axis=(2, 3)))


def test_gaps_are_filled_in_the_inputs_units():
    scaling = {"method": "min-max", "low": -25, "high": 5}
    inputs = [
        ModelInput(name="vv", feature="backscatter_db", units="dB", scaling=scaling),
        ModelInput(name="elevation", feature="elevation", units="m"),
    ]
    images = np.array([[[0.5, np.nan]], [[np.inf, 7.0]]], np.float32)
    found = fill_gaps(images, inputs, [-10.0, 120.0])
    np.testing.assert_array_equal(found, np.array([[[0.5, 0.5]], [[120.0, 7.0]]], np.float32))
