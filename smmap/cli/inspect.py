"""``smmap inspect``: what smmap makes of a model, a recipe or a scene's item."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from smmap.cli.options import Json
from smmap.spec.errors import ConfigError, SmmapError


def inspect(
    thing: Annotated[
        str, typer.Argument(help="A model or recipe (name or path), or a STAC item (file, URL).")
    ],
    *,
    definition: Annotated[
        str | None, typer.Option(help="Catalogue definition for an item; else found.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a model's card, a recipe with its defaults, or a scene's bands as they will be read."""
    found = describe(thing, definition)
    if as_json:
        typer.echo(json.dumps(found, indent=1, default=str))
        return
    import yaml

    typer.echo(yaml.safe_dump(found, sort_keys=False, allow_unicode=True))


def describe(thing: str, definition: str | None = None) -> dict[str, Any]:
    """What ``thing`` is, as plain data.

    Raises
    ------
    ConfigError
        If it is neither a model, a recipe nor an item.
    """
    if thing.endswith((".json", ".geojson")) or "://" in thing:
        return _describe_item(thing, definition)
    if thing.endswith(".onnx") or Path(thing).is_dir():  # no recipe: what is wrong is the model
        return _describe_model(thing)
    reasons = []
    for attempt in (_describe_model, _describe_recipe):
        try:
            return attempt(thing)
        except SmmapError as error:
            if Path(thing).exists() and attempt is _describe_recipe:
                raise
            reasons.append(str(error))
    raise ConfigError("; ".join(reasons))


def _describe_model(thing: str) -> dict[str, Any]:
    from smmap.model.package import find_package, load_card, load_model

    package = find_package(thing)
    model = load_model(package)
    placement = {"engine": model.placement.engine, "device": model.placement.got}
    if package.is_file():
        bare = {"file": str(package), "features": model.features, "missing": model.missing}
        return {"model": bare, "runs on": placement}
    card = load_card(package).model_dump(mode="json", exclude_defaults=True)
    return {"model": card, "package": str(package), "runs on": placement, "golden": "comes back"}


def _describe_recipe(thing: str) -> dict[str, Any]:
    from smmap.pipeline.recipe import find_recipe, load_recipe

    return {
        "recipe": load_recipe(thing).model_dump(mode="json"),
        "file": str(find_recipe(thing)),
    }


def _describe_item(thing: str, definition: str | None) -> dict[str, Any]:
    from smmap.pipeline.inspection import inspect_item

    return inspect_item(thing, definition)
