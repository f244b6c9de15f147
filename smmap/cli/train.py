"""``smmap train``: makes a model package."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer


def train(
    name: Annotated[str, typer.Argument(help="Which model: physics.")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Package folder to make.")],
    cases: Annotated[int, typer.Option(min=1000, help="Simulated cases.")] = 600_000,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over them.")] = 30,
    seed: Annotated[int, typer.Option(help="Of the draws and the weights.")] = 0,
) -> None:
    """Train a model and write its package (extra `train`)."""
    from smmap.train.run import run_training

    logging.getLogger("smmap").setLevel(logging.INFO)
    run_training(name, out, cases=cases, epochs=epochs, seed=seed)
    typer.echo(f"package: {out}", err=True)
