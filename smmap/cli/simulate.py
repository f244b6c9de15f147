"""``smmap simulate``: a small world with known soil moisture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smmap.cli.options import OutFolder


def simulate(
    *,
    out: OutFolder = Path("smmap-world"),
    tiles: Annotated[int, typer.Option(min=1, max=50, help="Areas, one a tile.")] = 1,
    days: Annotated[int, typer.Option(min=3, max=3660, help="Length of the record.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another world.")] = 0,
    size: Annotated[int, typer.Option(min=64, max=4096, help="Pixels a side of an area.")] = 512,
) -> None:
    """Write scenes of a simulated world as a provider would serve them, and the truth."""
    from smmap.simulate.world import simulate_world

    simulate_world(out, tiles=tiles, days=days, seed=seed, size=size)
    typer.echo(f"world: {out / 'catalog.json'}\ntruth: {out / 'truth'}", err=True)
    typer.echo(
        f"map it: smmap run local-stac --set catalog={out / 'catalog.json'} --out maps", err=True
    )
