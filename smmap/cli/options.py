"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from smmap.spec.errors import ConfigError

if TYPE_CHECKING:
    from smmap.spec.recipe import Recipe

RecipeName = Annotated[str, typer.Argument(help="A packaged recipe's name, or a YAML file.")]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the recipe; repeatable."),
]
PeriodText = Annotated[
    str | None, typer.Option("--period", metavar="A/B", help="Dates, both included.")
]
BboxText = Annotated[
    str | None, typer.Option("--bbox", metavar="W,S,E,N", help="Degrees; replaces the area.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines to stdout.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="Map with N processes on this machine."),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", min=1, metavar="N", help="Blocks read at once in a task; as many computed."
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="tcp://HOST:PORT", help="Map on this Dask cluster."),
]
MetricsPort = Annotated[
    int | None,
    typer.Option("--metrics-port", min=0, max=65535, help="Serve Prometheus metrics there."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Ask no other machine for anything.")]


def check_place(place: str | None) -> str | None:
    """Refuse, before anything else is done, a folder that cannot be written into."""
    from smmap.store.open import find_folder
    from smmap.store.target import check_folder

    folder = None if place is None else find_folder(place)
    if folder is not None:
        check_folder(folder)
    return place


def _check_folder(folder: Path) -> Path:
    from smmap.store.target import check_folder

    check_folder(folder)
    return folder


OutFolder = Annotated[
    Path, typer.Option("--out", "-o", callback=_check_folder, help="Output folder.")
]
OutPlace = Annotated[
    str,
    typer.Option(
        "--out",
        "-o",
        callback=check_place,
        help="A folder, or the URL of an object store: s3://...",
    ),
]


def read_recipe(
    name: str,
    changes: list[str] | None,
    period: str | None,
    bbox: str | None,
    *,
    offline: bool = False,
) -> Recipe:
    """The recipe with the command line's changes."""
    from smmap.pipeline.recipe import load_recipe

    wanted = [*(changes or ()), *(["offline=true"] if offline else [])]
    return load_recipe(name, wanted, period=period, bbox=parse_bbox(bbox))


def parse_bbox(text: str | None) -> tuple[float, float, float, float] | None:
    """West, south, east, north from ``W,S,E,N``."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"--bbox '{text}': write W,S,E,N in degrees") from None
    return west, south, east, north
