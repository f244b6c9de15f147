"""``smmap simulate``: a small world with known soil moisture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from smmap.cli.options import OutFolder
from smmap.spec.errors import ConfigError

_MOST_WITH_PIXELS = 50


def simulate(
    *,
    out: OutFolder = Path("smmap-world"),
    tiles: Annotated[int, typer.Option(min=1, max=2000, help="Areas, one a tile.")] = 1,
    days: Annotated[int, typer.Option(min=3, max=3660, help="Length of the record.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another world.")] = 0,
    size: Annotated[int, typer.Option(min=64, max=4096, help="Pixels a side of an area.")] = 512,
    items_only: Annotated[
        bool, typer.Option("--items-only", help="A large catalogue without pixels, to plan on.")
    ] = False,
) -> None:
    """Write scenes of a simulated world as a provider would serve them, and the truth."""
    from smmap.simulate.catalogue import simulate_catalogue
    from smmap.simulate.world import simulate_world

    recipe = f"local-stac --set catalog={out / 'catalog.json'}"
    if items_only:
        summary = simulate_catalogue(out, tiles=tiles, days=days, seed=seed)
        box = ",".join(f"{side:g}" for side in summary.bbox)
        counts = ", ".join(f"{count} {name}" for name, count in summary.items.items())
        typer.echo(f"catalogue: {out / 'catalog.json'}: {counts}", err=True)
        typer.echo(f"plan it: smmap plan {recipe} --bbox {box}", err=True)
        return
    if tiles > _MOST_WITH_PIXELS:
        raise ConfigError(
            f"{tiles} tiles with pixels are too many: at most {_MOST_WITH_PIXELS}, or --items-only"
        )
    simulate_world(out, tiles=tiles, days=days, seed=seed, size=size)
    typer.echo(f"world: {out / 'catalog.json'}\ntruth: {out / 'truth'}", err=True)
    typer.echo(f"map it: smmap run {recipe} --out maps", err=True)
