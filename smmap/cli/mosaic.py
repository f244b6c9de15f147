"""``smmap mosaic``: from overpass maps to calendar days, on any grid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from smmap.cli.options import (
    BboxText,
    Json,
    PeriodText,
    Scheduler,
    Workers,
    check_place,
    parse_bbox,
)
from smmap.spec.errors import ConfigError

if TYPE_CHECKING:
    from smmap.mosaic.plan import MosaicPlan
    from smmap.spec.recipe import CustomGrid

_FAILED = 4


def mosaic(
    source: Annotated[str, typer.Argument(help="Output with overpass maps: a folder or a URL.")],
    *,
    grid: Annotated[
        str, typer.Option("--grid", help="A named grid, or a YAML file with a grid of one's own.")
    ] = "ease2-1km",
    rule: Annotated[
        str, typer.Option("--rule", help="nearest, mean or least-uncertain.")
    ] = "nearest",
    at: Annotated[
        str, typer.Option("--at", metavar="HH:MM", help="Local solar time of day to be near to.")
    ] = "06:00",
    period: PeriodText = None,
    bbox: BboxText = None,
    source_grid: Annotated[
        str | None, typer.Option("--source", help="Grid of the overpass maps, if several.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            callback=check_place,
            help="A folder or a URL; by default the same output.",
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=256, help="Shards at work at once.")] = 2,
    workers: Workers = None,
    scheduler: Scheduler = None,
    plan_only: Annotated[
        bool, typer.Option("--plan", help="Show what would be made, and stop.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Merge overpass maps into daily mosaics; what is committed and up to date is kept."""
    from rich.console import Console

    from smmap.cli.mosaic_progress import MosaicProgress
    from smmap.crew.workforce import choose_cluster
    from smmap.mosaic.plan import Asked, plan_mosaic
    from smmap.mosaic.run import run_mosaic
    from smmap.spec.period import Period
    from smmap.store.output import join_address

    asked = Asked(
        grid=_read_grid(grid),
        rule=rule,
        at=at,
        period=Period.parse(period) if period else None,
        bbox=parse_bbox(bbox),
        source=source_grid,
    )
    cluster = choose_cluster(None, workers=workers, scheduler=scheduler)
    plan = plan_mosaic(source, asked, out)
    summary = describe_plan(plan)
    if plan_only:
        typer.echo(json.dumps(summary, indent=1) if as_json else _format(summary))
        return
    console = Console(stderr=True)
    if not as_json:
        console.print(_format(summary))
    with MosaicProgress(quiet=as_json) as bar:
        result = run_mosaic(plan, bar, threads=threads, cluster=cluster)
    counts = {status: result.count(status) for status in ("done", "empty", "failed")}
    if as_json:
        days = [vars(receipt) for receipt in result.receipts]
        plain = {"out": result.out, **counts, "kept": result.kept, "days": days}
        typer.echo(json.dumps(plain, indent=1))
    else:
        for receipt in result.receipts:
            if receipt.status == "failed":
                console.print(f"{receipt.unit}: {receipt.reason}", highlight=False)
        told = ", ".join(f"{count} {name}" for name, count in counts.items())
        console.print(f"{told}, {result.kept} kept from before; {result.seconds:.1f} s")
        console.print(f"catalogue: {join_address(result.out, 'catalog.json')}")
    if counts["failed"]:
        raise typer.Exit(_FAILED)


def describe_plan(plan: MosaicPlan) -> dict[str, Any]:
    """What a plan would do, as plain data; bytes are of uncompressed cells."""
    from smmap.product.daily_layers import DAILY_LAYERS

    a_cell = sum({"int16": 2, "uint16": 2, "uint8": 1}[layer.dtype] for layer in DAILY_LAYERS)
    todo = [day for day in plan.days if day.state != "done"]
    days = sorted({day.unit.day for day in plan.days})
    return {
        "grid": plan.grid.name,
        "source": plan.source,
        "rule": plan.asked.rule,
        "mosaics": sorted({day.unit.canvas.id for day in plan.days}),
        "first": days[0].isoformat(),
        "last": days[-1].isoformat(),
        **{
            state: sum(day.state == state for day in plan.days)
            for state in ("new", "changed", "done")
        },
        "overpass_maps": len({one.committed.id for day in todo for one in day.maps}),
        "shards": sum(len(day.list_shards()) for day in todo),
        "bytes_read": sum(one.area.height * one.area.width * 6 for day in todo for one in day.maps),
        "bytes_written": sum(day.unit.area.height * day.unit.area.width * a_cell for day in todo),
    }


def _read_grid(text: str) -> str | CustomGrid:
    """A name, or the grid that a YAML file describes."""
    if not text.endswith((".yaml", ".yml")):
        return text
    from pydantic import ValidationError

    from smmap.spec.recipe import CustomGrid
    from smmap.store.documents import load_yaml

    try:
        return CustomGrid.model_validate(load_yaml(Path(text)))
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise ConfigError(f"{text}: {reason}; a grid has name, crs, resolution and bounds")


def _format(summary: dict[str, Any]) -> str:
    rows = []
    for key, value in summary.items():
        text = ", ".join(value) if isinstance(value, list) else value
        shown = f"{text:,}" if isinstance(text, int) else text
        rows.append(f"{key.replace('_', ' '):<14} {shown}")
    return "\n".join(rows)
