"""Scores by hand, beside scikit-learn and SciPy, and what must hold for any numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from smmap.spec.errors import InsituError
from smmap.validation.scores import compute_scores

moistures = st.floats(0, 0.6, allow_subnormal=False)
pairs = hnp.arrays(np.float64, st.tuples(st.just(2), st.integers(2, 40)), elements=moistures)


def test_by_hand():
    # Errors 0.1, -0.1, 0.2, 0; truth 0.1..0.4 about 0.25.
    scores = compute_scores([0.2, 0.1, 0.5, 0.4], [0.1, 0.2, 0.3, 0.4])
    assert scores.count == 4
    assert scores.bias == pytest.approx(0.05)
    assert scores.mae == pytest.approx(0.1)
    assert scores.rmse == pytest.approx(np.sqrt(0.06 / 4))
    assert scores.ubrmse == pytest.approx(np.sqrt(0.06 / 4 - 0.05**2))
    # Sxy = 0.05, Sxx = 0.10, Syy = 0.05
    assert scores.r == pytest.approx(0.05 / np.sqrt(0.10 * 0.05))
    assert scores.r2_correlation == pytest.approx(0.5)
    assert scores.r2_determination == pytest.approx(1 - 0.06 / 0.05)


def test_the_two_r2_part_where_there_is_bias():
    truth = np.array([0.1, 0.2, 0.3])
    scores = compute_scores(truth * 2 + 0.1, truth)
    assert scores.r2_correlation == pytest.approx(1)
    assert scores.r2_determination < 0


@settings(max_examples=100, deadline=None)
@given(pairs)
def test_as_other_libraries(pair):
    predicted, truth = pair
    scores = compute_scores(predicted, truth)
    assert scores.rmse == pytest.approx(root_mean_squared_error(truth, predicted), abs=1e-12)
    assert scores.mae == pytest.approx(mean_absolute_error(truth, predicted), abs=1e-12)
    assert scores.ubrmse == pytest.approx(np.std(predicted - truth), abs=1e-8)
    assert scores.rmse**2 == pytest.approx(scores.bias**2 + scores.ubrmse**2, abs=1e-12)
    assert scores.mae <= scores.rmse + 1e-12
    if truth.std() > 1e-4 and predicted.std() > 1e-4:
        assert scores.r == pytest.approx(pearsonr(predicted, truth).statistic, abs=1e-6)
        assert scores.r2_determination == pytest.approx(r2_score(truth, predicted), rel=1e-6)


def test_a_shift_changes_bias_alone():
    rng = np.random.default_rng(1)
    truth, predicted = rng.uniform(0, 0.5, (2, 50))
    before, after = compute_scores(predicted, truth), compute_scores(predicted + 0.07, truth)
    assert after.bias == pytest.approx(before.bias + 0.07)
    assert after.ubrmse == pytest.approx(before.ubrmse)
    assert after.r == pytest.approx(before.r)


def test_no_prediction_is_not_zero():
    with_gap = compute_scores([0.2, np.nan, 0.4], [0.1, 0.9, 0.3])
    assert with_gap == compute_scores([0.2, 0.4], [0.1, 0.3])
    assert compute_scores([np.nan], [0.1]).count == 0
    assert np.isnan(compute_scores([np.nan], [0.1]).rmse)


def test_constant_sides_have_no_correlation():
    flat = compute_scores([0.1, 0.2, 0.3], [0.2, 0.2, 0.2])
    assert np.isnan([flat.r, flat.r2_correlation, flat.r2_determination]).all()
    assert flat.rmse == pytest.approx(np.sqrt(0.02 / 3))
    flat = compute_scores([0.3, 0.3, 0.3], [0.1, 0.2, 0.3])
    assert np.isnan(flat.r)
    assert flat.r2_determination == pytest.approx(-1.5)


def test_refused():
    with pytest.raises(InsituError, match="NaN or infinite"):
        compute_scores([0.1, 0.2], [0.1, np.nan])
    with pytest.raises(InsituError, match="give as many"):
        compute_scores([0.1, 0.2], [0.1])
