"""``smmap status``: what an output holds."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from smmap.cli.options import Json


def status(
    out: Annotated[str, typer.Argument(help="An output: a folder or a URL.")],
    *,
    as_json: Json = False,
) -> None:
    """Count what is done, empty and failed, by tile."""
    from smmap.archive.status import describe_output

    rows = describe_output(out)
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("tile", "done", "empty", "first", "last", "cubes", box=None, header_style="dim")
    for row in rows["tiles"]:
        table.add_row(
            *(str(row[key]) for key in ("tile", "done", "empty", "first", "last", "cubes"))
        )
    console = Console()
    console.print(table)
    for failure in rows["failed"]:
        console.print(f"failed: {failure['unit']}: {failure['reason']}")
