"""Soil moisture for the rows of a table."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.features.limits import find_outside
from smmap.model.package import load_model
from smmap.spec.card import ModelCard
from smmap.spec.errors import InsituError, ModelError, StoreError
from smmap.spec.sample_columns import SampleColumns
from smmap.store.atomic import write_atomic
from smmap.train.samples import describe_samples
from smmap.train.table_file import check_outputs, load_table, read_numbers
from smmap.train.table_inputs import compute_rows, follow_rows, read_inputs
from smmap.train.table_notes import check_notes, load_notes

logger = logging.getLogger(__name__)

SM, UNCERTAINTY = "sm", "sm_uncertainty"
"""Columns that are added, m3/m3."""
IN_RANGE = "sm_in_range"
"""Column that is added: whether each input lies within what was seen in training."""

_Added: TypeAlias = dict[str, NDArray[Any]]
"""Name -> (n,) float32, NaN where there is no value, or True, False and None."""


@dataclass(frozen=True)
class Predicted:
    """What became of the rows."""

    rows: int
    """Of the table."""
    missing: int
    """Without a value as an input is missing."""
    outside: int
    """Without a value as the model's is outside the card's ``valid_range``."""
    strange: int
    """With a value, though an input is outside the range seen in training."""
    strange_columns: Mapping[str, int]
    """Column -> how many of those it is outside in."""
    refused: int = 0
    """Without a value as quality control of the model's training would have left them out."""
    unchecked: tuple[str, ...] = ()
    """Columns of that quality control that the table does not have."""


def predict_table(model: str | Path, table: Path, out: Path) -> Predicted:
    """Write the table again with ``sm``, ``sm_in_range``, and ``sm_uncertainty`` where it has one.

    Parameters
    ----------
    model
        A package's folder or a packaged name.
    table
        CSV or Parquet, with the columns that the card's inputs name, and for a model with a history
        stations and times; never changed.
    out
        The new table, of the same kind; rows without an estimate have an empty ``sm``.

    Raises
    ------
    ModelError
        If the model cannot be opened, or has no card.
    InsituError
        If the table lacks a column, holds words, has a column ``sm`` already, or was made for
        other inputs.
    StoreError
        If ``out`` is the table itself, of another kind, or cannot be written.
    """
    _check_out(table, out)
    opened = load_model(model)
    if opened.card is None:
        raise ModelError(f"{model}: without a card nothing says which columns it takes; give one")
    if opened.card.windows is not None:
        raise ModelError(f"{model}: looks at images around cells, no table has them; map with it")
    frame = load_table(table)
    check_notes(load_notes(table), opened.card, str(table))
    taken = [name for name in (SM, UNCERTAINTY, IN_RANGE) if name in frame.columns]
    if taken:
        raise InsituError(f"{table}: has a column '{taken[0]}' already; rename it")
    values = read_inputs(frame, opened.card.inputs, str(table))
    rows = compute_rows(values, opened.card.inputs)
    refused, unchecked = _find_refused(frame, opened.card, str(table))
    if opened.card.history is not None:
        rows[refused] = np.nan  # nor are they anything to look back to
        described = describe_samples(frame, opened.card.table or SampleColumns(), str(table))
        rows = follow_rows(rows, described, opened.card.history, str(table))
    estimate = opened.estimate(rows)
    low, high = opened.card.output.valid_range
    found = np.isfinite(estimate.sm) & ~refused
    valid = found & (estimate.sm >= low) & (estimate.sm <= high)
    added: _Added = {SM: np.where(valid, estimate.sm, np.nan).astype(np.float32)}
    if estimate.uncertainty is not None:
        added[UNCERTAINTY] = np.where(valid, estimate.uncertainty, np.nan).astype(np.float32)
    strange = _find_strange(values, opened.card) & valid[:, None]
    added[IN_RANGE] = (~strange.any(axis=1)).astype(object)
    added[IN_RANGE][~valid] = None
    _write(frame, added, table, out)
    return Predicted(
        rows=len(frame),
        missing=int((~found & ~refused).sum()),
        outside=int((found & ~valid).sum()),
        strange=int(strange.any(axis=1).sum()),
        strange_columns={
            one.column or one.name: int(count)
            for one, count in zip(opened.card.inputs, strange.sum(axis=0), strict=True)
            if count
        },
        refused=int(refused.sum()),
        unchecked=unchecked,
    )


def _check_out(table: Path, out: Path) -> None:
    if out.suffix != table.suffix:
        raise StoreError(f"{out}: the new table is of the old one's kind, {table.suffix}")
    check_outputs([out], table)


def _find_refused(
    frame: pd.DataFrame, card: ModelCard, where: str
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Rows that quality control of the training would have left out, and what cannot be told."""
    refused = np.zeros(len(frame), dtype=bool)
    for limit in card.quality:
        if limit.column in frame.columns:
            refused |= find_outside(limit, read_numbers(frame, limit.column, where))
    unchecked = {limit.column for limit in card.quality} - set(frame.columns)
    return refused, tuple(sorted(unchecked))


def _find_strange(values: NDArray[np.float64], card: ModelCard) -> NDArray[np.bool_]:
    """(n, inputs) outside of the input's training range."""
    ranges = np.array([one.training_range or (-np.inf, np.inf) for one in card.inputs])
    strange: NDArray[np.bool_] = (values < ranges[:, 0]) | (values > ranges[:, 1])
    return strange


def _write(frame: pd.DataFrame, added: _Added, table: Path, out: Path) -> None:
    """The table as it was, with columns behind it."""
    buffer = io.BytesIO()
    if table.suffix == ".csv":
        words = {name: [_format(value) for value in column] for name, column in added.items()}
        frame.assign(**words).to_csv(buffer, index=False)
    else:
        _write_parquet(added, table, buffer)
    write_atomic(out, buffer.getvalue())


def _format(value: Any) -> str:
    """A number, NaN, True, False or None for a CSV file."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if pd.isna(value) else f"{value:.4f}"


def _write_parquet(added: _Added, table: Path, buffer: Any) -> None:
    """By pyarrow itself, so that what others noted in the file stays: a GeoParquet file is one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = pq.read_table(table)
    for name, column in added.items():
        kind = pa.bool_() if name == IN_RANGE else None
        whole = whole.append_column(name, pa.array(column, kind, from_pandas=True))
    pq.write_table(whole, buffer)
