"""``smmap insitu``: reads soil moisture that was measured in the ground."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from smmap.cli.options import Json, PeriodText


def insitu(
    place: Annotated[Path, typer.Argument(help="Folder, zip archive or file.")],
    *,
    kind: Annotated[
        str | None, typer.Option(help="ismn, scan, uscrn or table; else found.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="YAML that says what a table's columns are.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE.parquet", help="Write them there.")
    ] = None,
    wanted: Annotated[
        str | None,
        typer.Option("--for", metavar="RECIPE", help="Training recipe that says the next three."),
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
    period: PeriodText = None,
    as_json: Json = False,
) -> None:
    """Read station data; say what was kept, and what was dropped and why (extra `insitu`)."""
    from smmap.insitu.load import load_readings
    from smmap.insitu.parquet import check_readings_place, write_readings
    from smmap.insitu.rules import make_rules
    from smmap.matchup.wanted import load_reading_options
    from smmap.spec.period import Period
    from smmap.spec.reading_options import ReadingOptions

    if out is not None:
        check_readings_place(out)
    usual = load_reading_options(wanted) if wanted else ReadingOptions()
    said = usual.change(flags=flag or None, deepest_m=deepest, highest=highest)
    rules = make_rules(said, Period.parse(period) if period else None)
    readings = load_readings(place, kind=kind, mapping=mapping, rules=rules)
    if out is not None:
        write_readings(out, readings.table)
    if as_json:
        typer.echo(json.dumps(asdict(readings.account), indent=1))
        return
    for line in readings.account.describe():
        typer.echo(line)
    stations = len(readings.table[["network", "station"]].drop_duplicates())
    typer.echo(f"{stations} stations" + (f": {out}" if out is not None else ""), err=True)
