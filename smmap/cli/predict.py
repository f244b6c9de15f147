"""``smmap predict``: soil moisture for the rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def predict(
    model: Annotated[str, typer.Argument(help="Package folder, or the name of a packaged model.")],
    table: Annotated[Path, typer.Argument(help="CSV or Parquet with the model's columns.")],
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="New table, of the same kind.")
    ],
) -> None:
    """Add `sm` (m3/m3) and `sm_in_range` to a table, and `sm_uncertainty` where it has one."""
    from smmap.train.predict_table import IN_RANGE, predict_table

    found = predict_table(model, table, out)
    valued = found.rows - found.missing - found.outside - found.refused
    typer.echo(f"{out}: {valued} of {found.rows} rows have a value", err=True)
    if found.missing:
        typer.echo(f"{found.missing} lack an input", err=True)
    if found.refused:
        typer.echo(f"{found.refused} fail the quality control of the model's training", err=True)
    if found.unchecked:
        columns = ", ".join(found.unchecked)
        typer.echo(f"not checked, as the table has no such column: {columns}", err=True)
    if found.outside:
        typer.echo(f"{found.outside} came out beyond the model's valid range", err=True)
    if found.strange:
        columns = ", ".join(f"{name} {count}" for name, count in found.strange_columns.items())
        typer.echo(
            f"{found.strange} lie outside what the model was trained on ({columns}); "
            f"{IN_RANGE} says which",
            err=True,
        )
