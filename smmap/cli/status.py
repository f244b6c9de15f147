"""``smmap status``: what an output holds."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from smmap.cli.options import Json


def status(
    out: Annotated[str, typer.Argument(help="An output: a folder or a URL.")],
    *,
    as_json: Json = False,
) -> None:
    """Count what is done, empty and failed, by tile and by mosaic."""
    from smmap.archive.status import describe_output

    rows = describe_output(out)
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    # A program or a file gets whole lines, whatever the terminal's width.
    console = Console(width=None if sys.stdout.isatty() else 120)
    for level in ("tiles", "mosaics"):
        if rows[level]:
            table = Table(*rows[level][0], box=None, header_style="dim")
            for row in rows[level]:
                table.add_row(*map(str, row.values()))
            console.print(table)
    for failure in rows["failed"]:
        console.print(f"failed: {failure['unit']}: {failure['reason']}")
