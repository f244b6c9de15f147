"""``smmap run``: from a recipe to maps."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from smmap.cli.imports import importing
from smmap.cli.options import (
    BboxText,
    Changes,
    Json,
    MetricsPort,
    Offline,
    OutPlace,
    PeriodText,
    RecipeName,
    Scheduler,
    Threads,
    Workers,
    read_recipe,
)

if TYPE_CHECKING:
    from smmap.pipeline.metrics import Metrics

_FAILED = 4


def run(
    recipe: RecipeName,
    *,
    out: OutPlace = "smmap-output",
    changes: Changes = None,
    period: PeriodText = None,
    bbox: BboxText = None,
    offline: Offline = False,
    workers: Workers = None,
    threads: Threads = None,
    scheduler: Scheduler = None,
    metrics_port: MetricsPort = None,
    force: Annotated[
        bool, typer.Option("--force", help="Map again what is committed and up to date.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Map what a recipe asks for; what is committed already is kept."""
    with importing():
        from smmap.cli.progress import TerminalProgress, print_result, to_plain
        from smmap.pipeline.plan import plan_run
        from smmap.pipeline.run import run_plan
        from smmap.pipeline.workforce import choose_workforce

    chosen = choose_workforce(
        read_recipe(recipe, changes, period, bbox, offline=offline),
        workers=workers,
        threads=threads,
        scheduler=scheduler,
    )
    with _serve_metrics(metrics_port) as metrics:
        plan = plan_run(chosen)
        with TerminalProgress(quiet=as_json, metrics=metrics) as progress:
            result = run_plan(plan, out, progress, force=force)
    if as_json:
        import json

        typer.echo(json.dumps(to_plain(result), indent=1))
    else:
        print_result(result)
    if result.count("failed"):
        raise typer.Exit(_FAILED)


def _serve_metrics(port: int | None) -> AbstractContextManager[Metrics | None]:
    if port is None:
        return nullcontext()
    from smmap.pipeline.metrics import Metrics

    return Metrics(port)
