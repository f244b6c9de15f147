"""``smmap simulate``: a small world, or a whole continent, with known soil moisture."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from smmap.cli.options import BboxText, OutFolder, parse_bbox
from smmap.spec.errors import ConfigError

_MOST_WITH_PIXELS = 50


def simulate(
    *,
    out: OutFolder = Path("smmap-world"),
    tiles: Annotated[
        int | None, typer.Option(min=1, max=2000, help="Areas, one a tile; by default 1.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Length of the record.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another world.")] = 0,
    size: Annotated[
        int | None,
        typer.Option(min=64, max=4096, help="Pixels a side of an area; by default 512."),
    ] = None,
    items_only: Annotated[
        bool, typer.Option("--items-only", help="A large catalogue without pixels, to plan on.")
    ] = False,
    sources: Annotated[
        bool,
        typer.Option(
            "--sources",
            help="Also what models need beside radar, L2A and elevation: weather, vegetation, "
            "soil, Landsat, L1C, coarse soil moisture, land cover. Needs the extra netcdf.",
        ),
    ] = False,
    stations: Annotated[
        int | None,
        typer.Option(
            "--stations", min=1, max=500, help="Also hourly readings of so many in each area."
        ),
    ] = None,
    continent: Annotated[
        bool,
        typer.Option("--continent", help="All orbits and granules over Europe, or over --bbox."),
    ] = False,
    bbox: BboxText = None,
    resolution: Annotated[
        int | None,
        typer.Option(min=500, max=4000, help="Pixel of a continent, metres; by default 1000."),
    ] = None,
) -> None:
    """Write scenes of a simulated world as a provider would serve them, and the truth."""
    own = {"--bbox": bbox, "--resolution": resolution}
    others = {"--tiles": tiles, "--size": size, "--items-only": items_only or None}
    others |= {"--sources": sources or None, "--stations": stations}
    odd = [name for name, value in (others if continent else own).items() if value is not None]
    if odd:
        where, advice = ("not", "leave it away") if continent else ("only", "add it")
        raise ConfigError(f"{', '.join(odd)}: {where} together with --continent; {advice}")
    if items_only and (sources or stations):
        raise ConfigError(
            "--sources, --stations: not together with --items-only; leave one of them away"
        )
    if sources and find_spec("h5netcdf") is None:
        raise ConfigError(
            "--sources writes NetCDF and HDF5: install the extra with pip install 'smmap[netcdf]'"
        )
    if continent:
        _simulate_continent(out, bbox, resolution or 1000, days, seed)
    elif items_only:
        _simulate_items(out, tiles or 1, days, seed)
    else:
        _simulate_world(out, tiles or 1, days, seed, size or 512)
        if sources:
            _simulate_sources(out, tiles or 1, days, seed, size or 512)
        if stations:
            from smmap.simulate.stations import simulate_stations

            numbers = {"tiles": tiles or 1, "days": days, "seed": seed, "size": size or 512}
            typer.echo(f"stations: {simulate_stations(out, stations, **numbers)}", err=True)


def _simulate_continent(out: Path, bbox: str | None, resolution: int, days: int, seed: int) -> None:
    from smmap.simulate.continent_world import simulate_continent
    from smmap.simulate.region import EUROPE

    region = parse_bbox(bbox) or EUROPE
    made = simulate_continent(out, region=region, days=days, resolution_m=resolution, seed=seed)
    typer.echo(f"continent: {out / 'catalog.json'}: {_count(made.items)}", err=True)
    typer.echo(f"truth: {out / 'truth'}", err=True)
    typer.echo(f"map it: smmap run {out / made.recipe.name} --out maps --workers 2", err=True)
    typer.echo("merge it: smmap mosaic maps --grid ease2-1km", err=True)


def _simulate_items(out: Path, tiles: int, days: int, seed: int) -> None:
    from smmap.simulate.catalogue import simulate_catalogue

    made = simulate_catalogue(out, tiles=tiles, days=days, seed=seed)
    box = ",".join(f"{side:g}" for side in made.bbox)
    typer.echo(f"catalogue: {out / 'catalog.json'}: {_count(made.items)}", err=True)
    typer.echo(f"plan it: smmap plan {_name_recipe(out)} --bbox {box}", err=True)


def _simulate_world(out: Path, tiles: int, days: int, seed: int, size: int) -> None:
    from smmap.simulate.world import simulate_world

    if tiles > _MOST_WITH_PIXELS:
        raise ConfigError(
            f"{tiles} tiles with pixels are too many: at most {_MOST_WITH_PIXELS}, or --items-only"
        )
    simulate_world(out, tiles=tiles, days=days, seed=seed, size=size)
    typer.echo(f"world: {out / 'catalog.json'}\ntruth: {out / 'truth'}", err=True)
    typer.echo(f"map it: smmap run {_name_recipe(out)} --out maps", err=True)


def _simulate_sources(out: Path, tiles: int, days: int, seed: int, size: int) -> None:
    from smmap.simulate.sources import simulate_sources

    places = simulate_sources(out, tiles=tiles, days=days, seed=seed, size=size)
    typer.echo("in a recipe:\ncatalogs:", err=True)
    for key, place in places.items():
        typer.echo(f"  {key}: {place}", err=True)


def _name_recipe(out: Path) -> str:
    return f"local-stac --set catalog={out / 'catalog.json'}"


def _count(items: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in items.items())
