"""``smmap train``: makes a model package."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from smmap.spec.errors import ConfigError


def train(
    name: Annotated[
        str, typer.Argument(help="physics, or a training recipe: its file or packaged name.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Package folder to make.")],
    table: Annotated[
        Path | None,
        typer.Option(help="Samples: CSV or Parquet, or a store of patches, as the recipe asks."),
    ] = None,
    small: Annotated[bool, typer.Option("--small", help="The recipe's rough form.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Page; else report.html in --out.")
    ] = None,
    checkpoints: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep fits of networks, to go on later.")
    ] = None,
    cases: Annotated[int, typer.Option(min=1000, help="physics: simulated cases.")] = 600_000,
    epochs: Annotated[int, typer.Option(min=1, help="physics: passes over them.")] = 30,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of draws, splits and weights; else the recipe's.")
    ] = None,
) -> None:
    """Train a model, judge it by every split, and write its package (extra `train`)."""
    logging.getLogger("smmap").setLevel(logging.INFO)
    if name == "physics":
        from smmap.train.run import run_training

        if table is not None or small or report or checkpoints:
            raise ConfigError("physics is trained on simulated cases: no options of tables")
        run_training(name, out, cases=cases, epochs=epochs, seed=seed or 0)
    else:
        _train_table(name, out, table, small=small, seed=seed, beside=(report, checkpoints))
    typer.echo(f"package: {out}", err=True)


def _train_table(
    name: str,
    out: Path,
    table: Path | None,
    *,
    small: bool,
    seed: int | None,
    beside: tuple[Path | None, Path | None],
) -> None:
    from smmap.train.train_table import load_recipe, train_table

    recipe = load_recipe(name)
    if table is None:
        raise ConfigError(f"{name}: --table FILE with the samples is missing")
    if seed is not None:
        recipe = recipe.model_copy(update={"seed": seed})
    report, checkpoints = beside
    make: Callable[..., Any] = train_table if recipe.windows is None else _choose_patches()
    made = make(recipe, table, out, small=small, report=report, checkpoints=checkpoints)
    typer.echo(f"{made.samples} samples; RMSE in m3/m3 with 95 % interval, R")
    for scheme in recipe.splits:
        for title, scores in made.judgement.metrics[scheme].items():
            rmse, low, high = (f"{one:.3f}" if one is not None else "?" for one in scores["rmse"])
            r = scores["r"][0]
            typer.echo(
                f"{scheme:>20}  {title:<16} {rmse} ({low}..{high})  "
                + (f"{r:5.2f}" if r is not None else "    ?")
            )


def _choose_patches() -> Callable[..., Any]:
    try:
        from smmap.train.train_patches import train_patches
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        return train_patches
    raise ConfigError(f"training on patches needs '{missing}': pip install 'smmap[train]'")
