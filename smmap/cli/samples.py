"""``smmap samples``: what was measured beside what the satellites saw, as a table."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smmap.cli.options import (
    BboxText,
    Changes,
    Json,
    Offline,
    PeriodText,
    RecipeName,
    Scheduler,
    Threads,
    Workers,
    read_recipe,
)

if TYPE_CHECKING:
    import pandas as pd

    from smmap.insitu.rules import ReadingRules


_DAY = timedelta(days=1)
"""Readings beside the period may be the closest to an overpass in it, or of its day."""


def samples(
    recipe: RecipeName,
    *,
    stations: Annotated[
        Path,
        typer.Option(help="What `smmap insitu` reads, or the .parquet that it wrote."),
    ],
    wanted: Annotated[
        str,
        typer.Option(
            "--for", metavar="INPUTS", help="Training recipe, model, or list of inputs: see docs."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="PLACE", help="New .parquet; of patches a folder."),
    ],
    patch: Annotated[
        bool,
        typer.Option("--patch", help="Images around the stations, for a recipe with windows."),
    ] = False,
    by_cell: Annotated[
        bool | None,
        typer.Option("--cell/--point", help="Means of 1 km cells, or the station's own pixel."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="closest (reading to the overpass) or daily-mean (UTC).")
    ] = None,
    within: Annotated[
        float | None, typer.Option(metavar="MINUTES", help="closest: how far off it may be. [60]")
    ] = None,
    least: Annotated[
        int | None, typer.Option(metavar="N", help="daily-mean: fewest readings of a day. [12]")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Of the stations' files; else found.")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="YAML that says what a table's columns are.")
    ] = None,
    flag: Annotated[
        list[str] | None, typer.Option(help="Quality flag to let through; repeatable. [G]")
    ] = None,
    deepest: Annotated[
        float | None, typer.Option(metavar="METRES", help="Lowest end of a probe; 0: any. [0.05]")
    ] = None,
    highest: Annotated[
        float | None, typer.Option(metavar="M3/M3", help="Wettest soil. [0.6]")
    ] = None,
    changes: Changes = None,
    period: PeriodText = None,
    bbox: BboxText = None,
    offline: Offline = False,
    workers: Workers = None,
    threads: Threads = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Pair station readings with a model's inputs at every overpass (extra `insitu`).

    Which readings, and of what ground, is what the training recipe of --for says (readings), or
    what stands in brackets, unless options say otherwise.
    """
    from rich.console import Console
    from rich.progress import Progress

    from smmap.insitu.rules import make_rules
    from smmap.matchup.make_patches import make_patches
    from smmap.matchup.make_samples import SampleOptions, make_samples
    from smmap.matchup.target import TargetRule
    from smmap.matchup.wanted import load_patches_wanted, load_reading_options, load_wanted
    from smmap.pipeline.workforce import choose_workforce
    from smmap.spec.period import Period
    from smmap.store.target import check_file, check_folder

    chosen = choose_workforce(
        read_recipe(recipe, changes, period, bbox, offline=offline),
        workers=workers,
        threads=threads,
        scheduler=scheduler,
    )
    said = load_reading_options(wanted).change(
        flags=flag or None,
        deepest_m=deepest,
        highest=highest,
        target=target,
        within_minutes=within,
        least_readings=least,
        by_cell=by_cell,
    )
    rule = TargetRule(said.target, said.within_minutes, said.least_readings)
    options = SampleOptions(rule, by_cell=said.by_cell)
    period_read = Period.parse(chosen.period).pad(_DAY, _DAY) if chosen.period else None
    rules = make_rules(said, period_read)
    inputs = load_patches_wanted(wanted) if patch else load_wanted(wanted)
    (check_folder if patch else check_file)(out)
    readings = _load_readings(stations, kind, mapping, rules)
    with Progress(console=Console(stderr=True), disable=as_json, transient=True) as bar:
        shown = bar.add_task("overpasses, in batches", total=None)

        def tell(done: int, batches: int) -> None:
            bar.update(shown, completed=done, total=batches)

        make = make_patches if patch else make_samples
        tally = make(chosen, inputs, readings, out, options, progress=tell)
    if as_json:
        typer.echo(json.dumps(tally.to_plain(), indent=1))
        return
    for line in tally.describe():
        typer.echo(line)
    typer.echo(f"samples: {out}", err=True)


def _load_readings(
    place: Path, kind: str | None, mapping: Path | None, rules: ReadingRules
) -> pd.DataFrame:
    """Readings that pass the rules; of an archive, with what became of the others."""
    from smmap.insitu.load import load_readings
    from smmap.insitu.parquet import load_readings_file
    from smmap.insitu.sift import sift_frame

    if place.suffix == ".parquet" and mapping is None:
        readings, account = sift_frame(load_readings_file(place), rules)
    else:
        found = load_readings(place, kind=kind, mapping=mapping, rules=rules)
        readings, account = found.table, found.account
    for line in account.describe():
        typer.echo(line, err=True)
    return readings
