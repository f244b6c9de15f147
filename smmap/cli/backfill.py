"""``smmap backfill``: a long period, span by span, within a budget."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Annotated

import typer

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
from smmap.spec.errors import ConfigError

_FAILED = 4
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def backfill(
    recipe: RecipeName,
    *,
    out: OutPlace = "smmap-output",
    changes: Changes = None,
    period: PeriodText = None,
    bbox: BboxText = None,
    offline: Offline = False,
    newest_first: Annotated[
        bool, typer.Option("--newest-first/--oldest-first", help="Which span comes first.")
    ] = True,
    span: Annotated[str, typer.Option(help="Length of a span: 30d, 12h.")] = "30d",
    max_time: Annotated[
        str | None, typer.Option(help="Stop after so long: 2h, 45m; rerun to go on.")
    ] = None,
    max_tasks: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many tasks; rerun to go on.")
    ] = None,
    workers: Workers = None,
    threads: Threads = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Map a long period span by span; stop it at any moment, rerun it to go on."""
    from smmap.cli.progress import TerminalProgress
    from smmap.pipeline.backfill import Budget, SpanResult
    from smmap.pipeline.backfill import backfill as run_backfill
    from smmap.pipeline.workforce import choose_workforce

    chosen = choose_workforce(
        read_recipe(recipe, changes, period, bbox, offline=offline),
        workers=workers,
        threads=threads,
        scheduler=scheduler,
    )
    seconds = None if max_time is None else parse_duration(max_time).total_seconds()
    failed = 0
    rows = []

    def tell(one: SpanResult) -> None:
        counts = {
            state: 0 if one.result is None else one.result.count(state)
            for state in ("done", "empty", "failed")
        }
        rows.append({"span": str(one.span), "finished": one.is_finished, **counts})
        if not as_json:
            told = ", ".join(f"{count} {state}" for state, count in counts.items())
            ending = "" if one.is_finished else "; the budget is spent: rerun to go on"
            typer.echo(f"{one.span}: {told}{ending}", err=True)

    with TerminalProgress(quiet=as_json) as progress:
        for one in run_backfill(
            chosen,
            out,
            span=parse_duration(span),
            newest_first=newest_first,
            budget=Budget(seconds, max_tasks),
            progress=progress,
        ):
            tell(one)
            failed += 0 if one.result is None else one.result.count("failed")
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    if failed:
        raise typer.Exit(_FAILED)


def parse_duration(text: str) -> timedelta:
    """A time span like ``30d``, ``2h``, ``45m`` or ``90s``.

    Raises
    ------
    ConfigError
        If it is none.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if match is None or float(match[1]) <= 0:
        raise ConfigError(f"'{text}' is no length of time; write 30d, 2h, 45m or 90s")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})
