"""``smmap plan``: what a run would do, without reading a pixel."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from smmap.cli.imports import importing
from smmap.cli.options import BboxText, Changes, Json, Offline, PeriodText, RecipeName, read_recipe

_SHOWN = 30
"""Tasks in the terminal's table; --json has all."""

Price = Annotated[float | None, typer.Option(min=0, help="Price, in your currency.")]


def plan(
    recipe: RecipeName,
    *,
    changes: Changes = None,
    period: PeriodText = None,
    bbox: BboxText = None,
    offline: Offline = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", help="Compare with this output: a folder or s3://BUCKET/PREFIX."
        ),
    ] = None,
    from_revisit: Annotated[
        bool,
        typer.Option("--from-revisit", help="Ask no catalogue: estimate over the land."),
    ] = False,
    radar_days: Annotated[
        float, typer.Option(min=0.1, help="With --from-revisit: days between overpasses.")
    ] = 12.0,
    optical_days: Annotated[
        float, typer.Option(min=0.1, help="With --from-revisit: days between optical scenes.")
    ] = 5.0,
    map_days: Annotated[
        float | None, typer.Option(min=0.1, help="With --from-revisit: one map in so many days.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=1, help="10 m pixels a second that one core maps.")
    ] = None,
    price_core_hour: Price = None,
    price_gb_read: Price = None,
    price_gb_written: Price = None,
    as_json: Json = False,
) -> None:
    """Show tasks, scenes found, what is new or changed, bytes, time and cost of a run."""
    with importing():
        from smmap.pipeline.estimate import estimate_plan
        from smmap.pipeline.plan import plan_run
        from smmap.pipeline.prices import Prices
        from smmap.pipeline.revisit import Revisit, estimate_from_revisit
        from smmap.pipeline.standing import judge_plan, summarise_standings

    chosen = read_recipe(recipe, changes, period, bbox, offline=offline)
    if from_revisit:
        revisit = Revisit(radar_days, optical_days, map_days)
        estimate = estimate_from_revisit(chosen, revisit, rate)
    else:
        planned = plan_run(chosen)
        standings = list(judge_plan(planned, out))
        estimate = estimate_plan(planned, rate)
        estimate["units"] = summarise_standings(standings)
        estimate["each_unit"] = [
            {"unit": one.unit.id, "state": one.state, "why": list(one.reasons)} for one in standings
        ]
    prices = Prices(price_core_hour, price_gb_read, price_gb_written)
    estimate["totals"] |= prices.compute_cost(estimate["totals"])
    if as_json:
        typer.echo(json.dumps(estimate, indent=1))
    else:
        _print(estimate)


def _print(estimate: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if "kind" in estimate:
        console.print(f"{estimate['kind']} (land: {estimate['land']})")
    table = Table("what", "how much", box=None, header_style="dim")
    for key, value in estimate["totals"].items():
        table.add_row(key.replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value))
    console.print(table)
    if "units" in estimate:
        for line in describe_standings(estimate["units"]):
            console.print(line)
    tasks = estimate.get("tasks", [])
    if not tasks:
        return
    rows = Table("task", "overpasses", "pixels each", "first", "last", box=None, header_style="dim")
    for one in tasks[:_SHOWN]:
        rows.add_row(
            one["task"], str(one["units"]), f"{one['pixels']:,}", one["first"], one["last"]
        )
    console.print(rows)
    if len(tasks) > _SHOWN:
        console.print(f"and {len(tasks) - _SHOWN:,} more tasks: --json lists them all")


def describe_standings(summary: dict[str, Any]) -> list[str]:
    """Lines for a terminal: units by state, and why."""
    states = ("new", "changed", "done", "impossible")
    lines = ["overpasses: " + ", ".join(f"{summary[state]:,} {state}" for state in states)]
    for state, reasons in summary["why"].items():
        ordered = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
        lines += [f"  {state}: {count:,} x {reason}" for reason, count in ordered]
    return lines
