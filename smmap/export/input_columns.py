"""What a tree inside a pipeline looks at, told in the pipeline's own inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.export.float32_line import LAST, compute_values
from smmap.spec.errors import UnsuitedError

Step = Callable[[Any], Any]
"""Rows to rows: each column of what it gives depends on one column of what it gets, and never
falls where that rises."""

_FAR = 1e30


class InputColumns:
    """Columns that are made of the inputs, step by step, one input each.

    Parameters
    ----------
    names
        Of the inputs, where the first step wants a data frame; their number where it does not.
    steps
        As the pipeline computes them, in float64.
    """

    def __init__(self, names: Sequence[str] | int, steps: tuple[Step, ...] = ()) -> None:
        self._names, self._steps = names, steps
        self.inputs = names if isinstance(names, int) else len(names)

    @property
    def are_inputs(self) -> bool:
        """True: nothing is done to the inputs."""
        return not self._steps

    def then(self, step: Step) -> InputColumns:
        """Another step behind these."""
        return InputColumns(self._names, (*self._steps, step))

    def compute(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """(n, inputs) to (n, columns)."""
        from sklearn import config_context

        found: Any = name_columns(rows.astype(np.float64), self._names)
        with config_context(assume_finite=True), np.errstate(over="ignore", invalid="ignore"):
            for step in self._steps:
                found = step(found)
        return np.asarray(found, dtype=np.float64)

    def find_sources(self) -> NDArray[np.int64]:
        """(columns,) number of the input that each column is made of."""
        if self.are_inputs:
            return np.arange(self.inputs)
        corners = np.full((self.inputs + 1, self.inputs), -_FAR)
        np.fill_diagonal(corners, _FAR)
        found = self.compute(corners)
        moved = found[:-1] != found[-1]
        return np.asarray(moved.argmax(axis=0))

    def send_missing(self) -> NDArray[np.float64]:
        """(columns,) what becomes of a missing input: NaN, or a number in its place."""
        return np.asarray(self.compute(np.full((1, self.inputs), np.nan))[0])

    def pull_back(
        self, columns: NDArray[np.int64], thresholds: NDArray[np.float64], kind: type[np.floating]
    ) -> NDArray[np.float32]:
        """The largest input at which a column is not above its threshold, for each of them.

        Found by halving the float32 between the infinities, so that the arithmetic of the steps
        is their own. Where even -inf is above, it is -inf.

        Parameters
        ----------
        columns, thresholds
            (n,) which column is compared with what.
        kind
            What the column is rounded to before.
        """
        low = np.full(len(columns), -LAST, np.int64)
        high = np.full(len(columns), LAST, np.int64)
        every = np.arange(len(columns))
        while (low < high).any():
            middle = (low + high + 1) // 2
            rows = np.repeat(compute_values(middle)[:, None], self.inputs, axis=1)
            with np.errstate(over="ignore"):
                found = self.compute(rows)[every, columns].astype(kind)
            left = found <= thresholds
            low, high = np.where(left, middle, low), np.where(left, high, middle - 1)
        return compute_values(low)


def name_columns(rows: NDArray[Any], names: Sequence[str] | int) -> Any:
    """The rows as a data frame, where their columns have names."""
    if isinstance(names, int):
        return rows
    import pandas as pd

    return pd.DataFrame(rows, columns=list(names))


def check_step(step: Any) -> None:
    """Take a step whose columns each rise with one column of what it is given, or stay.

    Raises
    ------
    UnsuitedError
        If it may be of another kind.
    """
    from sklearn import preprocessing as made
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline

    match step:
        case made.StandardScaler() | made.MinMaxScaler() | made.MaxAbsScaler():
            return
        case made.RobustScaler() | None | "passthrough" | "drop":
            return
        case SimpleImputer(missing_values=float(gap), add_indicator=False) if np.isnan(gap):
            return
        case ColumnTransformer():
            parts = [one for _, one, _ in step.transformers_]
        case Pipeline():
            parts = [one for _, one in step.steps]
        case made.FunctionTransformer() if step.func is None:
            return
        case _:
            raise UnsuitedError(f"a {type(step).__name__} stands before its trees")
    for part in parts:
        check_step(part)
