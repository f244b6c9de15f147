"""Support vectors and perceptrons of scikit-learn."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.export.grown_tree import list_owners
from smmap.features.array import Doubles
from smmap.fit.fitted import Rows
from smmap.fit.native_estimator import NativeEstimator
from smmap.spec.errors import ModelError
from smmap.spec.training_member import Mlp, Svr
from smmap.store.atomic import write_atomic

logger = logging.getLogger(__name__)

OPSETS = {"": 17, "ai.onnx.ml": 3}
"""Old enough for every ONNX Runtime that smmap takes."""


class FittedEstimator:
    """A regressor of scikit-learn that skl2onnx writes.

    It is float64 where ONNX is float32, so that the two differ in the sixth digit or so.
    """

    tolerance = 1e-4

    def __init__(self, model: Any, detail: str) -> None:
        self._model, self.detail = model, detail
        self._native = NativeEstimator(model)

    @property
    def is_trees(self) -> bool:
        """True: there are trees somewhere in it."""
        return any(list_owners(self._model))

    @property
    def takes_missing(self) -> bool:
        """True: it has a value for rows that lack inputs."""
        return self._native.takes_missing

    def predict(self, rows: Rows) -> Doubles:
        """(n,) m3/m3."""
        return self._native.predict(rows)

    def list_thresholds(self) -> Mapping[int, NDArray[np.float32]]:
        """None."""
        return {}

    def write(self, path: Path) -> None:
        """Write it by skl2onnx.

        Raises
        ------
        ModelError
            If skl2onnx does not know it.
        """
        from onnx.helper import make_opsetid
        from skl2onnx import to_onnx
        from skl2onnx.common.data_types import FloatTensorType

        shape = FloatTensorType([None, int(self._model.n_features_in_)])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what it deprecates inside itself
                found = to_onnx(self._model, initial_types=[("inputs", shape)], target_opset=OPSETS)
        except Exception as error:  # noqa: BLE001 (each converter raises kinds of its own)
            reason = f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}"
        else:
            # skl2onnx lists them in the order of a set, which differs from process to process.
            opsets = sorted((one.domain, one.version) for one in found.opset_import)
            del found.opset_import[:]
            found.opset_import.extend(make_opsetid(*one) for one in opsets)
            write_atomic(path, found.SerializeToString(deterministic=True))
            return
        raise ModelError(
            f"{self.detail} is not exported: skl2onnx does not write it ({reason}); take a plainer "
            "model, or make an ONNX file of it yourself"
        )


def fit_svr(spec: Svr, rows: Rows, truth: Doubles) -> FittedEstimator:
    """Fit support vectors; a standardised target's scale is put back into their weights."""
    from sklearn.svm import SVR

    model = SVR(C=spec.cost, epsilon=spec.epsilon, kernel=spec.kernel, gamma=spec.gamma)
    mean, std = _measure(truth, standardise=spec.standardise)
    pipeline = _fit(model, rows, (truth - mean) / std, standardise=spec.standardise)
    model._dual_coef_ = model.dual_coef_ = model._dual_coef_ * std
    model._intercept_ = model.intercept_ = model._intercept_ * std + mean
    detail = f"SVR {spec.kernel}, {len(model.support_)} support vectors"
    if spec.kernel == "linear":
        pipeline.steps[-1] = ("plane", _flatten(model))
    return FittedEstimator(pipeline, detail)


def fit_mlp(spec: Mlp, rows: Rows, truth: Doubles, seed: int) -> FittedEstimator:
    """Fit a perceptron; a standardised target's scale is put back into its last layer."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    model = MLPRegressor(
        hidden_layer_sizes=spec.hidden,
        activation=spec.activation,
        alpha=spec.penalty,
        learning_rate_init=spec.learning_rate,
        solver=spec.solver,
        max_iter=spec.iterations,
        random_state=seed,
    )
    mean, std = _measure(truth, standardise=spec.standardise)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ConvergenceWarning)
        pipeline = _fit(model, rows, (truth - mean) / std, standardise=spec.standardise)
    if told:
        logger.debug("mlp: stopped after %d passes, before it converged", spec.iterations)
    model.coefs_[-1] = model.coefs_[-1] * std
    model.intercepts_[-1] = model.intercepts_[-1] * std + mean
    sizes = "-".join(str(size) for size in (rows.shape[1], *spec.hidden, 1))
    return FittedEstimator(pipeline, f"MLP {sizes} {spec.activation}")


def _measure(truth: Doubles, *, standardise: bool) -> tuple[float, float]:
    return (float(truth.mean()), float(truth.std()) or 1.0) if standardise else (0.0, 1.0)


def _flatten(model: Any) -> Any:
    """Support vectors with a linear kernel as the one product that they are.

    It loses fewer digits in float32 than their sum, and holds no rows of the training data.
    """
    from sklearn.linear_model import LinearRegression

    plane = LinearRegression()
    plane.coef_, plane.intercept_ = model.coef_.ravel(), model.intercept_[0]
    plane.n_features_in_ = model.n_features_in_
    return plane


def _fit(model: Any, rows: Rows, target: Doubles, *, standardise: bool) -> Any:
    """The fitted model behind what standardises its inputs; the same whatever cores there are."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    values = rows.astype(np.float64)
    # Several threads of BLAS add in another order than one.
    with threadpool_limits(1, user_api="blas"):
        if not standardise:
            return make_pipeline(model).fit(values, target)
        scaler = StandardScaler().fit(values)
        # As ONNX will hold it: of an input that hardly varies, a mean rounded later would be far
        # off.
        scaler.mean_ = scaler.mean_.astype(np.float32).astype(np.float64)
        model.fit(scaler.transform(values), target)
    return make_pipeline(scaler, model)
