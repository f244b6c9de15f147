"""The occupancy grid against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.product.applicability import compute_in_domain
from smmap.spec.errors import ModelError

EDGES = [np.array([-20.0, -15.0, -10.0]), np.array([0.0, 0.25, 0.5, 0.75])]
OCCUPIED = np.array([[True, False, True], [False, True, False]])
NAMES = ("vv", "ndvi")


def is_in_domain(vv, ndvi):
    for row, (low, high) in enumerate(zip(EDGES[0][:-1], EDGES[0][1:], strict=True)):
        for column, (left, right) in enumerate(zip(EDGES[1][:-1], EDGES[1][1:], strict=True)):
            in_row = low <= vv < high or (row == 1 and vv == high)
            in_column = left <= ndvi < right or (column == 2 and ndvi == right)
            if in_row and in_column:
                return bool(OCCUPIED[row, column])
    return False


@given(
    arrays(np.float32, 12, elements=st.floats(-22, -8, width=32) | st.just(np.nan)),
    arrays(np.float32, 12, elements=st.sampled_from([-0.1, 0, 0.2, 0.25, 0.5, 0.7, 0.75, np.nan])),
)
def test_equals_a_loop(vv, ndvi):
    values = {"vv": vv.reshape(3, 4), "ndvi": ndvi.reshape(3, 4)}
    found = compute_in_domain(values, NAMES, EDGES, OCCUPIED)
    expected = [is_in_domain(*pair) for pair in zip(vv.tolist(), ndvi.tolist(), strict=True)]
    assert found.ravel().tolist() == expected


def test_cells_that_do_not_fit_are_refused():
    with pytest.raises(ModelError, match="export the model again"):
        compute_in_domain({"vv": np.zeros((1, 1))}, ("vv",), EDGES[:1], OCCUPIED)
