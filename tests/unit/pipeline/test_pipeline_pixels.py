"""Which pixels the model sees, and in which order."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.features.builder import Features
from smmap.pipeline.pixels import take_pixels
from smmap.spec.history import History

VALUES = st.one_of(st.floats(-10, 10, width=32), st.sampled_from([np.nan, np.inf]))


def make_features(values):
    nothing = np.zeros(values.shape[1:], bool)
    columns = tuple(values)
    return Features(columns, columns, (None,) * len(columns), *(nothing for _ in range(4)))


@pytest.mark.parametrize("missing", ["invalid", "model"])
@given(data=st.data(), height=st.integers(1, 20), width=st.integers(1, 20))
def test_exactly_the_pixels_with_all_that_is_needed(missing, data, height, width):
    values = data.draw(arrays(np.float32, (2, height, width), elements=VALUES))
    radar = data.draw(arrays(np.float32, (height, width), elements=VALUES))
    card = SimpleNamespace(missing=missing, history=None)
    pixels, rows = take_pixels(make_features(values), {"sigma0_vv": radar}, (), card)
    needed = [radar, *values] if missing == "invalid" else [radar]
    expected = np.flatnonzero(np.isfinite(needed).all(axis=0))
    np.testing.assert_array_equal(np.sort(pixels), expected)
    np.testing.assert_array_equal(rows, values.reshape(2, -1)[:, pixels].T)


def test_a_patch_comes_at_once():
    values = np.zeros((1, 16, 24), np.float32)
    card = SimpleNamespace(missing="invalid", history=None)
    pixels, _ = take_pixels(make_features(values), {"sigma0_vv": values[0]}, (), card)
    row, col = np.divmod(pixels.reshape(6, 64), 24)
    assert (np.ptp(row, axis=1) == 7).all()
    assert (np.ptp(col, axis=1) == 7).all()


def test_no_pixel_has_no_history():
    values = np.full((2, 8, 8), np.nan, np.float32)
    card = SimpleNamespace(missing="invalid", history=History(overpasses=3, days=30))
    past = ((6.0, np.ones_like(values)),)
    pixels, rows = take_pixels(make_features(values), {"sigma0_vv": values[0]}, past, card)
    assert len(pixels) == len(rows) == 0
