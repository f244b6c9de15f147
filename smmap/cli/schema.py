"""``smmap schema``: JSON Schemas of the files that people write."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer


class Kind(StrEnum):
    """Which file."""

    recipe = "recipe"
    card = "card"
    catalogue = "catalogue"
    training = "training"
    simulated = "simulated"


def schema(kind: Annotated[Kind, typer.Argument(help="Which file.")]) -> None:
    """Print the JSON Schema of a recipe, a card, a catalogue definition, or a training recipe."""
    from smmap.spec.card import ModelCard
    from smmap.spec.definition import Definition
    from smmap.spec.options import Options
    from smmap.spec.recipe import Recipe
    from smmap.spec.simulated_training import SimulatedRecipe
    from smmap.spec.training import TrainingRecipe

    models: dict[Kind, type[Options]] = {
        Kind.recipe: Recipe,
        Kind.card: ModelCard,
        Kind.catalogue: Definition,
        Kind.training: TrainingRecipe,
        Kind.simulated: SimulatedRecipe,
    }
    typer.echo(json.dumps(models[kind].model_json_schema(), indent=1))
