"""Metrics against hand calculation."""

import numpy as np
import pytest

from smmap.train.evaluation import compute_metrics, compute_metrics_by_class


def test_metrics_by_hand():
    truth = np.array([0.1, 0.2, 0.3])
    scores = compute_metrics(truth + np.array([0.01, 0.04, 0.01]), truth)
    # Errors 1, 4, 1 in hundredths: mean 2, mean square 6, variance 2; 0.1..0.3: variance 2/3.
    assert scores["bias"] == pytest.approx(0.02)
    assert scores["rmse"] == pytest.approx(np.sqrt(6) / 100, abs=5e-5)
    assert scores["ubrmse"] == pytest.approx(np.sqrt(2) / 100, abs=5e-5)
    assert scores["prior_std"] == pytest.approx(np.sqrt(2 / 3) / 10, abs=5e-5)
    # Deviations -11, 2, 9 and -10, 0, 10 in hundredths.
    assert scores["r"] == pytest.approx(200 / np.sqrt(206 * 200), abs=5e-4)
    assert scores["cases"] == 3


def test_classes_take_their_own_cases():
    truth = np.array([0.1, 0.2, 0.1, 0.2])
    predicted = truth + np.array([0.0, 0.0, 0.05, 0.05])
    scores = compute_metrics_by_class(predicted, truth, np.array([0, 0.1, 0.5, 0.9]), (0, 0.5, 1))
    assert {name: one["bias"] for name, one in scores.items()} == {"0..0.5": 0.0, "0.5..1": 0.05}
