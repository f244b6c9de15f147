"""``smmap gc``: removes what is superseded."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from smmap.cli.options import Json


def gc(
    out: Annotated[str, typer.Argument(help="An output: a folder or a URL.")],
    *,
    days: Annotated[
        float, typer.Option(min=0, help="Superseded for at least so long, as seen by this verb.")
    ] = 1.0,
    as_json: Json = False,
) -> None:
    """Remove cubes and files that nobody points to: superseded, or left by a killed run."""
    from datetime import timedelta

    from smmap.archive.document import require_output
    from smmap.archive.superseded import remove_superseded
    from smmap.store.open import open_output_store

    store = open_output_store(out)
    require_output(store)
    with store.open_staging() as staging:
        removed, waiting = remove_superseded(store, staging, age=timedelta(days=days))
    if as_json:
        typer.echo(json.dumps({"removed": removed, "waiting": waiting}, indent=1))
        return
    for path in removed:
        typer.echo(path)
    typer.echo(
        f"{len(removed)} removed; {len(waiting)} superseded for less than {days:g} days", err=True
    )
