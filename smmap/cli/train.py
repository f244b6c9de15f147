"""``smmap train``: makes a model package."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smmap.cli.options import Changes
from smmap.cli.train_print import list_lines
from smmap.spec.errors import ConfigError

if TYPE_CHECKING:
    from smmap.train.train_table import Training


def train(
    name: Annotated[
        str, typer.Argument(help="A training recipe: its file or packaged name, as physics.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Package folder to make.")],
    table: Annotated[
        Path | None,
        typer.Option(
            help="Samples: CSV, Parquet, or a store of patches; all but physics need them."
        ),
    ] = None,
    small: Annotated[bool, typer.Option("--small", help="The recipe's rough form.")] = False,
    changes: Changes = None,
    report: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Page; else report.html in --out.")
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Predictions by every split, for `smmap validate`."),
    ] = None,
    checkpoints: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep fits of networks, to go on later.")
    ] = None,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="Judge it without each source in turn, too.")
    ] = False,
    repeats: Annotated[
        int | None, typer.Option(min=1, help="Repeats of scenarios, at most.")
    ] = None,
    sizes: Annotated[int | None, typer.Option(min=1, help="Sizes of scenarios, at most.")] = None,
    device: Annotated[
        str | None, typer.Option(help="Of networks: auto, cpu or cuda; else the recipe's.")
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="Of networks: float32 or mixed; else the recipe's.")
    ] = None,
    cases: Annotated[
        int | None, typer.Option(min=1000, help="physics: simulated cases; else the recipe's.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="physics: passes over them; else the recipe's.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of draws, splits and weights; else the recipe's.")
    ] = None,
) -> None:
    """Train a model, judge it by every split, and write its package (extra `train`)."""
    logging.getLogger("smmap").setLevel(logging.INFO)
    from smmap.train.run import load_simulated, run_training

    simulated = load_simulated(name)
    if simulated is not None:
        of_tables = (
            table,
            changes or None,
            report,
            predictions,
            checkpoints,
            repeats,
            sizes,
            device,
            precision,
        )
        if ablation or any(one is not None for one in of_tables):
            raise ConfigError(f"{name} is trained on simulated cases: no options of tables")
        simulated = simulated.shrink() if small else simulated
        run_training(simulated.change(cases, epochs, seed), out)
    else:
        from smmap.train.train_table import load_recipe, train_table

        recipe = load_recipe(name, changes or ()).fit_networks(device, precision)
        if table is None:
            raise ConfigError(f"{name}: --table FILE with the samples is missing")
        if cases is not None or epochs is not None:
            raise ConfigError(f"{name} is trained on a table: --cases and --epochs are of physics")
        update = {"scenarios": recipe.scenarios.cut(repeats, sizes)}
        recipe = recipe.model_copy(update=update | ({} if seed is None else {"seed": seed}))
        options: dict[str, Any] = {"ablation": ablation}
        make: Callable[..., Training] = train_table
        if recipe.windows is not None:
            if repeats is not None or sizes is not None:
                raise ConfigError(f"{name} is trained on patches: it has no scenarios")
            make = _choose_patches()
        made = make(
            recipe,
            table,
            out,
            small=small,
            report=report,
            checkpoints=checkpoints,
            predictions=predictions,
            **options,
        )
        for line in list_lines(made):
            typer.echo(line)
    typer.echo(f"package: {out}", err=True)


def _choose_patches() -> Callable[..., Training]:
    try:
        from smmap.train.train_patches import train_patches
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        return train_patches
    raise ConfigError(f"training on patches needs '{missing}': pip install 'smmap[train]'")
