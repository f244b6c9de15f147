"""``smmap verify``: is everything that an output's catalogue reaches whole."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from smmap.cli.options import Json

_BROKEN = 6


def verify(
    out: Annotated[str, typer.Argument(help="An output: a folder or a URL.")],
    *,
    as_json: Json = False,
) -> None:
    """Check links, checksums, cubes of both levels; exit code 6 if something is wrong."""
    from smmap.archive.verify import verify_output
    from smmap.store.open import open_output_store

    problems = verify_output(open_output_store(out))
    if as_json:
        typer.echo(json.dumps({"problems": problems}, indent=1))
    else:
        for problem in problems:
            typer.echo(problem)
        typer.echo(f"{len(problems)} problems" if problems else "whole", err=True)
    if problems:
        raise typer.Exit(_BROKEN)
