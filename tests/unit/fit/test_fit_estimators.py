"""Perceptrons of scikit-learn: the same bits whatever the machine's cores."""

import numpy as np
from threadpoolctl import threadpool_limits

from smmap.fit.estimators import fit_mlp
from smmap.spec.training_member import Mlp


def test_a_perceptron_does_not_depend_on_the_number_of_threads():
    """Of so many rows two threads of BLAS sum the gradient otherwise than one."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(6000, 25)).astype(np.float32)
    truth = 0.2 + 0.05 * rows[:, 0] + 0.02 * rng.normal(size=6000)
    spec = Mlp(kind="mlp", hidden=(64, 64), activation="relu", solver="lbfgs", iterations=5)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            fitted = fit_mlp(spec, rows, truth, seed=3)
        with threadpool_limits(1, user_api="blas"):
            found.append(fitted.predict(rows[:500]))
    np.testing.assert_array_equal(*found)
