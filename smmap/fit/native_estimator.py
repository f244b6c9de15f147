"""A regressor of scikit-learn, asked for any row that a gate may ask for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from smmap.export.input_columns import name_columns
from smmap.features.array import Doubles
from smmap.fit.fitted import Rows


class NativeEstimator:
    """Predicts in float64, from a data frame where it was fitted on one."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @cached_property
    def takes_missing(self) -> bool:
        """True: it has a value for rows that lack one input, or all."""
        count = int(self._model.n_features_in_)
        gaps = np.vstack([np.eye(count), np.ones((1, count))])
        try:
            found = self._ask(np.where(gaps == 1, np.nan, 0.0))
        except ValueError:
            return False
        return bool(np.isfinite(found).all())

    def predict(self, rows: Rows) -> Doubles:
        """(n,) m3/m3; NaN for a row that lacks inputs, where it takes none of these."""
        from sklearn import config_context

        found = np.full(len(rows), np.nan)
        asked = ~np.isnan(rows).any(axis=1) | self.takes_missing
        # Scaled numbers may leave float32, which is no reason not to compare them.
        with config_context(assume_finite=True):
            if asked.any():
                found[asked] = self._ask(rows[asked].astype(np.float64))
        return found

    def _ask(self, rows: Doubles) -> Doubles:
        names = getattr(self._model, "feature_names_in_", int(self._model.n_features_in_))
        # Its search for NaN sums rows up, in which the ends of float32 overflow.
        with np.errstate(over="ignore", invalid="ignore"):
            found = np.asarray(self._model.predict(name_columns(rows, names)), dtype=np.float64)
        return found.reshape(len(rows))
