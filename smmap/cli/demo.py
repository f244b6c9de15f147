"""``smmap demo``: simulate, map, compare with the truth."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from smmap.cli.imports import importing
from smmap.cli.options import OutFolder


def demo(
    *,
    out: OutFolder = Path("demo-output"),
    days: Annotated[int, typer.Option(min=3, max=366, help="Length of the record.")] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another world.")] = 0,
) -> None:
    """Simulate a small world, map it, and compare the maps with the known truth."""
    with importing():
        from rich.console import Console

        from smmap.cli.progress import TerminalProgress, print_result
        from smmap.pipeline.plan import plan_run
        from smmap.pipeline.recipe import load_recipe
        from smmap.pipeline.run import run_plan
        from smmap.product.layout import LAYOUT
        from smmap.report.comparison import compare_with_truth
        from smmap.report.comparison_page import write_comparison
        from smmap.simulate.world import simulate_world

    console = Console(stderr=True)
    world, maps = out / "world", out / "maps"
    console.rule("1. simulate a world with known soil moisture")
    simulate_world(world, days=days, seed=seed)
    console.print(f"scenes as a provider would serve them: {world / 'catalog.json'}")
    console.rule("2. map it")
    recipe = load_recipe("local-stac", [f"catalog={world / 'catalog.json'}"])
    recipe = recipe.model_copy(update={"title": "Soil moisture of a simulated world"})
    with TerminalProgress(quiet=False) as progress:
        result = run_plan(plan_run(recipe), maps, progress)
    print_result(result)
    console.rule("3. compare with the truth")
    comparison = compare_with_truth(maps, world)
    page = write_comparison(maps, comparison, title=recipe.title)
    for name, score in comparison.scores.items():
        console.print(
            f"{name:<32} RMSE {score.rmse:.3f} (truth spreads {score.spread:.3f})  "
            f"bias {score.bias:+.3f}  R {score.correlation:.2f}"
        )
    folder = os.path.relpath(Path(sys.executable).parent)
    console.rule("look at")
    console.print(
        f"report    {page}\nsheet     {maps / LAYOUT.contact_sheet}\n"
        f"catalogue {maps / LAYOUT.catalog}\n"
        f"maps      {maps / LAYOUT.product} (COGs: open them in QGIS)\n\n"
        f"next steps\n"
        f"  {folder}/python -c \"import smmap; print(smmap.open('{maps}'))\"\n"
        f"  {folder}/smmap inspect physics\n"
        f"  {folder}/smmap run local-stac --set catalog=YOUR/catalog.json --out maps\n"
        f"  {folder}/smmap run planetary-computer --bbox W,S,E,N --period A/B --out maps",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
