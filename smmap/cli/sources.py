"""``smmap sources``: where scenes may come from, and what is missing before they can."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from smmap.cli.options import Changes, Json

if TYPE_CHECKING:
    from smmap.catalog.readiness import Readiness

_NOT_READY = 2
_NO_ANSWER = 7


def sources(
    *,
    recipe: Annotated[
        str | None,
        typer.Option("--recipe", metavar="RECIPE", help="Only what this recipe uses."),
    ] = None,
    changes: Changes = None,
    check: Annotated[
        bool, typer.Option("--check", help="Ask each place, once, whether it answers.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the catalogue definitions: sensor, place, what is missing; with --check who answers."""
    from smmap.catalog.readiness import ask_places

    keys, found = _list_recipe(recipe, changes) if recipe else _list_packaged()
    answers = ask_places(found) if check else [None] * len(found)
    rows = [_describe(*one) for one in zip(keys, found, answers, strict=True)]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    else:
        _print(rows, check=check)
    if recipe and any(row["missing"] for row in rows):
        raise typer.Exit(_NOT_READY)
    if any(row["problem"] for row in rows):
        raise typer.Exit(_NO_ANSWER)


def _list_packaged() -> tuple[list[str | None], list[Readiness]]:
    from smmap.catalog.definitions import list_definitions, load_definition
    from smmap.catalog.readiness import judge_readiness

    found = [judge_readiness(load_definition(name), None) for name in list_definitions()]
    return [None] * len(found), found


def _list_recipe(name: str, changes: list[str] | None) -> tuple[list[str | None], list[Readiness]]:
    from smmap.catalog.definitions import load_definition
    from smmap.catalog.readiness import judge_readiness
    from smmap.pipeline.recipe import load_recipe
    from smmap.store.network import use_network

    chosen = load_recipe(name, changes or ())
    use_network(offline=chosen.offline, cache=chosen.cache)
    used = {key: one for key, one in chosen.sources.model_dump().items() if one is not None}
    places = {str(key): place for key, place in chosen.catalogs.items()}
    definitions = {key: load_definition(one) for key, one in used.items()}
    # What a recipe names for a single source stands in for the definition's own endpoint.
    definitions |= {
        key: definitions[key].model_copy(update={"endpoint": places[key]})
        for key in definitions.keys() & places.keys()
    }
    return list(used), [judge_readiness(definitions[key], chosen.catalog) for key in used]


def _describe(key: str | None, source: Readiness, problem: str | None) -> dict[str, Any]:
    one = source.definition
    return {
        "definition": one.id,
        "title": one.title,
        "used_as": key,
        "sensor": one.sensor,
        "kind": one.kind,
        "place": source.place,
        "collections": list(one.collections),
        "credential": one.credential,
        "requests_per_second": one.requests_per_second,
        "ready": not source.missing,
        "missing": list(source.missing),
        "advice": list(source.advice),
        "reachable": None if problem is None else not problem,
        "problem": problem,
        "latency": one.latency,
        "licence": one.licence,
        "attribution": one.attribution,
    }


def _print(rows: list[dict[str, Any]], *, check: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim")
    table.add_column("source", no_wrap=True)
    table.add_column("to do", overflow="fold")
    if check:
        table.add_column("answers", overflow="fold")
    for row in rows:
        wants = [*row["missing"], *(f"optional: {one}" for one in row["advice"])]
        place = urlsplit(row["place"] or "").hostname or row["place"] or "where a recipe says"
        what = Text.assemble(
            f"{row['used_as']}: " if row["used_as"] else "",
            row["definition"],
            (f"\n  {row['sensor']}, {row['kind']}\n  {place}", "dim"),
        )
        cells = [what, Text("; ".join(wants) or "ready")]
        if check:
            cells.append(Text({None: "-", True: "yes"}.get(row["reachable"], row["problem"])))
        table.add_row(*cells)
    Console().print(table)
    ready = sum(row["ready"] for row in rows)
    Console().print(f"{ready} of {len(rows)} ready; --json also says licences and latencies")
