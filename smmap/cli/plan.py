"""``smmap plan``: what a run would do, without reading a pixel."""

from __future__ import annotations

import json

import typer

from smmap.cli.options import BboxText, Changes, Json, PeriodText, RecipeName, read_recipe


def plan(
    recipe: RecipeName,
    *,
    changes: Changes = None,
    period: PeriodText = None,
    bbox: BboxText = None,
    as_json: Json = False,
) -> None:
    """Show tasks, scenes found, bytes, pixels, memory and time of a run; no pixel is read."""
    from smmap.pipeline.estimate import estimate_plan
    from smmap.pipeline.plan import plan_run

    chosen = plan_run(read_recipe(recipe, changes, period, bbox))
    estimate = estimate_plan(chosen)
    if as_json:
        typer.echo(json.dumps(estimate, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("what", "how much", box=None, header_style="dim")
    for key, value in estimate["totals"].items():
        table.add_row(key.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    console.print(table)
    tasks = Table(
        "task", "overpasses", "pixels each", "first", "last", box=None, header_style="dim"
    )
    for one in estimate["tasks"]:
        tasks.add_row(
            one["task"], str(one["units"]), f"{one['pixels']:,}", one["first"], one["last"]
        )
    console.print(tasks)
