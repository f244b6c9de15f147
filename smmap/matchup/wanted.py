"""What a table of samples is made for: a training recipe, a model, or a study's list of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smmap.data import get_folder
from smmap.features.registry import get_feature
from smmap.features.request import REFLECTANCES
from smmap.spec.card import ModelCard, ModelInput, derive_column
from smmap.spec.errors import ConfigError
from smmap.spec.input_list import FeatureSet, InputList
from smmap.spec.reading_options import ReadingOptions
from smmap.spec.simulated_training import SimulatedRecipe
from smmap.spec.training import TrainingRecipe
from smmap.spec.windows import size_for_patches
from smmap.store.documents import load_yaml

_LISTED = ("name", "radiometry", "aggregation", "reflectance", "missing", "inputs", "history")
_FILES = ("recipe.yaml", "card.yaml")


def load_wanted(name_or_path: str) -> InputList:
    """The inputs that a table of samples shall have, columns of quality control behind them.

    Parameters
    ----------
    name_or_path
        A training recipe or its folder, a model package, a list of inputs, or the packaged name of
        one of them, looked for in this order.

    Raises
    ------
    ConfigError
        If there is none, it is not valid, or two of its columns have one name.
    """
    path = _find(name_or_path)
    data = load_yaml(path)
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path}: expected keys and values, found {type(data).__name__}")
    wanted = _read(data, path)
    name_columns(wanted)
    return wanted


def load_patches_wanted(name_or_path: str) -> InputList:
    """The same of a training recipe with windows, as wide as its patches.

    Raises
    ------
    ConfigError
        If there is no such recipe, or it has no windows.
    """
    recipe = load_training_recipe(name_or_path)
    if recipe.windows is None:
        raise ConfigError(
            f"'{name_or_path}': has no 'windows': its samples are rows of a table, no patches"
        )
    listed = recipe.list_inputs().model_dump()
    windows = size_for_patches(recipe.windows).model_dump()
    return InputList.parse({**listed, "windows": windows}, name_or_path)


def load_reading_options(name_or_path: str) -> ReadingOptions:
    """Which readings a training recipe wants; of anything else what is usual.

    Raises
    ------
    ConfigError
        If there is no such thing, or it is not valid.
    """
    path = _find(name_or_path)
    data = load_yaml(path)
    if not _is_training_recipe(data):
        return ReadingOptions()
    return TrainingRecipe.parse(data, str(path)).readings


def load_training_recipe(name_or_path: str) -> TrainingRecipe:
    """A training recipe alone.

    Raises
    ------
    ConfigError
        If there is none, or it is something else.
    """
    path = _find(name_or_path)
    data = load_yaml(path)
    if not _is_training_recipe(data):
        raise ConfigError(f"{path}: is no training recipe")
    return TrainingRecipe.parse(data, str(path))


def _is_training_recipe(data: object) -> bool:
    return isinstance(data, Mapping) and "members" in data and "golden" not in data


def name_columns(wanted: FeatureSet) -> dict[str, ModelInput]:
    """Column of the table -> the input that fills it, in order.

    Several inputs share a column where they differ in nothing but scaling: sine and cosine.

    Raises
    ------
    ConfigError
        If inputs of one column differ in more.
    """
    columns: dict[str, ModelInput] = {}
    for one in wanted.inputs:
        name = one.column or one.name
        before = columns.setdefault(name, one)
        if _describe(before) != _describe(one):
            raise ConfigError(
                f"'{wanted.name}': inputs '{before.name}' and '{one.name}' are derived otherwise, "
                f"but share the column '{name}'; give one of them another 'column'"
            )
    return columns


def _find(name_or_path: str) -> Path:
    packaged, given = get_folder("models"), Path(name_or_path)
    places = [given, *(given / file for file in _FILES)]
    places += [packaged / name_or_path / file for file in _FILES]
    places.append(packaged / "studies" / f"{name_or_path}.yaml")
    for path in places:
        if path.is_file():
            return path
    names = {path.parent.name for file in _FILES for path in packaged.glob(f"*/{file}")}
    names |= {path.stem for path in packaged.glob("studies/*.yaml")}
    raise ConfigError(
        f"no inputs '{name_or_path}': give a training recipe, a model package, a list of inputs, "
        f"or one of {', '.join(sorted(names))}"
    )


def _read(data: Mapping[str, Any], path: Path) -> InputList:
    if "golden" in data:
        card = ModelCard.parse(data, str(path))
        columns = [one for limit in card.quality if (one := derive_column(limit)) is not None]
        listed = card.model_dump(include=set(_LISTED))
        return InputList.parse({**listed, "inputs": (*card.inputs, *columns)}, str(path))
    if "simulated" in data:
        simulated = SimulatedRecipe.parse(data, str(path))
        return InputList(
            name=simulated.name, radiometry="sigma0_ellipsoid", inputs=simulated.inputs
        )
    if "members" in data:
        recipe = TrainingRecipe.parse(data, str(path))
        for limit in recipe.quality:
            derived = derive_column(limit)
            if derived is not None and get_feature(derived, str(path)).layers & REFLECTANCES:
                raise ConfigError(
                    f"{path}: 'quality' derives '{limit.column}' from optical scenes, which would "
                    "change what is read of them; make it an input"
                )
        return recipe.list_inputs()
    return InputList.parse({"name": path.stem, **data}, str(path))


def _describe(one: ModelInput) -> dict[str, Any]:
    return one.model_dump(exclude={"name", "column", "scaling", "training_range"})
