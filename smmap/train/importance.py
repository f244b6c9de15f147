"""What each input is worth to a model that is fitted: its values exchanged among the samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from smmap.features.array import Doubles
from smmap.fit.fitted import Rows
from smmap.spec.card import ModelInput
from smmap.train.ensemble import Ensemble


def find_columns(inputs: Sequence[int], total: int, steps: int) -> list[int]:
    """Where a row holds some of its inputs: at each step of a history, all of them and the age."""
    return [step * (total + 1) + one for step in range(steps) for one in inputs]


def group_inputs(inputs: Sequence[ModelInput], steps: int = 1) -> dict[str, list[int]]:
    """Inputs that are one column of the table, as sine and cosine of a day are, go together.

    Returns
    -------
    dict
        Name of the column where several are made of it, else of the input -> where a row holds
        them, at all steps.
    """
    found: dict[str, list[int]] = {}
    for number, one in enumerate(inputs):
        found.setdefault(one.column or one.name, []).append(number)
    return {
        column if len(numbers) > 1 else inputs[numbers[0]].name: find_columns(
            numbers, len(inputs), steps
        )
        for column, numbers in found.items()
    }


def shuffle_each(
    ensemble: Ensemble, rows: Rows, groups: Mapping[str, Sequence[int]], seed: int
) -> Doubles:
    """Predictions with each group's values exchanged among the rows, (n, groups), m3/m3."""
    order = np.random.default_rng(seed).permutation(len(rows))
    columns = []
    for numbers in groups.values():
        changed = rows.copy()
        changed[:, list(numbers)] = rows[order][:, list(numbers)]
        columns.append(ensemble.combine(ensemble.predict_each(changed)))
    return np.column_stack(columns)
