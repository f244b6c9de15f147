"""Which pixels the model sees, and in which order."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.features.builder import Features
from smmap.features.gather import gather
from smmap.pipeline.pixels import choose_pixels

VALUES = st.one_of(st.floats(-10, 10, width=32), st.sampled_from([np.nan, np.inf]))


def make_features(values):
    nothing = np.zeros(values.shape[1:], bool)
    return Features(values, values, *(nothing for _ in range(4)))


@pytest.mark.parametrize("missing", ["invalid", "model"])
@given(data=st.data(), height=st.integers(1, 20), width=st.integers(1, 20))
def test_exactly_the_pixels_with_all_that_is_needed(missing, data, height, width):
    values = data.draw(arrays(np.float32, (2, height, width), elements=VALUES))
    radar = data.draw(arrays(np.float32, (height, width), elements=VALUES))
    card = SimpleNamespace(missing=missing)
    pixels = choose_pixels(make_features(values), {"sigma0_vv": radar}, card)
    needed = [radar, *values] if missing == "invalid" else [radar]
    expected = np.flatnonzero(np.isfinite(needed).all(axis=0))
    np.testing.assert_array_equal(np.sort(pixels), expected)
    rows = gather(values, pixels)
    np.testing.assert_array_equal(rows, values.reshape(2, -1)[:, pixels].T)


def test_a_patch_comes_at_once():
    values = np.zeros((1, 16, 24), np.float32)
    card = SimpleNamespace(missing="invalid")
    pixels = choose_pixels(make_features(values), {"sigma0_vv": values[0]}, card)
    row, col = np.divmod(pixels.reshape(6, 64), 24)
    assert (np.ptp(row, axis=1) == 7).all()
    assert (np.ptp(col, axis=1) == 7).all()
