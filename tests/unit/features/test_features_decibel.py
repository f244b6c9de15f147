import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.features.decibel import to_db, to_power


def test_known_pairs():
    # 10 dB is ten times, 3.0103 dB twice.
    np.testing.assert_allclose(to_db(np.array([1.0, 10.0, 0.1, 2.0])), [0, 10, -10, 3.01029996])
    np.testing.assert_allclose(to_power(np.array([0.0, 10.0, -20.0])), [1, 10, 0.01])


def test_no_decibel_of_nothing():
    assert np.isnan(to_db(np.array([0.0, -0.001, np.nan], dtype=np.float32))).all()


@given(st.floats(-60, 30))
def test_there_and_back(db):
    assert to_db(to_power(np.array([db])))[0] == pytest.approx(db, abs=1e-12)
