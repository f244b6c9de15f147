"""``smmap update``: bring an output up to date, and say first what has changed."""

from __future__ import annotations

import json

import typer

from smmap.cli.imports import importing
from smmap.cli.options import (
    BboxText,
    Changes,
    Json,
    Offline,
    OutPlace,
    PeriodText,
    RecipeName,
    Scheduler,
    Threads,
    Workers,
    read_recipe,
)

_FAILED = 4


def update(
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
    as_json: Json = False,
) -> None:
    """Map what is new or changed (scenes, model, recipe), after saying what and why."""
    with importing():
        from smmap.cli.plan import describe_standings
        from smmap.cli.progress import TerminalProgress, print_result, to_plain
        from smmap.pipeline.plan import plan_run
        from smmap.pipeline.run import run_plan
        from smmap.pipeline.standing import judge_plan, summarise_standings
        from smmap.pipeline.workforce import choose_workforce

    chosen = choose_workforce(
        read_recipe(recipe, changes, period, bbox, offline=offline),
        workers=workers,
        threads=threads,
        scheduler=scheduler,
    )
    plan = plan_run(chosen)
    summary = summarise_standings(judge_plan(plan, out))
    if not as_json:
        for line in describe_standings(summary):
            typer.echo(line, err=True)
    with TerminalProgress(quiet=as_json) as progress:
        result = run_plan(plan, out, progress)
    if as_json:
        typer.echo(json.dumps({"before": summary, **to_plain(result)}, indent=1))
    else:
        print_result(result)
    if result.count("failed"):
        raise typer.Exit(_FAILED)
