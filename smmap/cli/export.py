"""``smmap export``: makes a package of a model that was trained elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    file: Annotated[
        Path, typer.Argument(help="XGBoost .json or .ubj, scikit-learn .skops, or .onnx.")
    ],
    *,
    card: Annotated[
        Path, typer.Option(help="YAML: a model card without version, members and golden.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Package folder to make.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the rows that are compared.")] = 0,
) -> None:
    """Export somebody's model, compare it with its ONNX file, package it (extra `train`)."""
    from smmap.train.own_model import export_own

    made = export_own(file, card, out, seed=seed)
    typer.echo(f"{made.training['model']}", err=True)
    for name, parity in made.training["export"].items():
        typer.echo(
            f"{name}: equal within {parity['difference']:.1e} m3/m3 over {parity['rows']} rows",
            err=True,
        )
    typer.echo(f"package: {out}", err=True)
