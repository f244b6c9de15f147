"""``smmap run``: from a recipe to maps."""

from __future__ import annotations

from typing import Annotated

import typer

from smmap.cli.options import (
    BboxText,
    Changes,
    Json,
    OutPlace,
    PeriodText,
    RecipeName,
    read_recipe,
)

_FAILED = 4


def run(
    recipe: RecipeName,
    *,
    out: OutPlace = "smmap-output",
    changes: Changes = None,
    period: PeriodText = None,
    bbox: BboxText = None,
    force: Annotated[
        bool, typer.Option("--force", help="Map again what is committed and up to date.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Map what a recipe asks for; what is committed already is kept."""
    from smmap.cli.progress import TerminalProgress, print_result, to_plain
    from smmap.pipeline.plan import plan_run
    from smmap.pipeline.run import run_plan

    chosen = read_recipe(recipe, changes, period, bbox)
    plan = plan_run(chosen)
    with TerminalProgress(quiet=as_json) as progress:
        result = run_plan(plan, out, progress, force=force)
    if as_json:
        import json

        typer.echo(json.dumps(to_plain(result), indent=1))
    else:
        print_result(result)
    if result.count("failed"):
        raise typer.Exit(_FAILED)
