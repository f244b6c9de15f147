"""Makes the package of a recipe whose samples are simulated."""

from __future__ import annotations

import logging
from pathlib import Path

from smmap.spec.errors import ConfigError
from smmap.spec.simulated_training import SimulatedRecipe
from smmap.store.documents import load_yaml
from smmap.train.recipe_file import find_recipe

logger = logging.getLogger(__name__)


def load_simulated(name_or_path: str) -> SimulatedRecipe | None:
    """A recipe of simulated samples by its path, its folder, or the name of a packaged one.

    Returns
    -------
    SimulatedRecipe or None
        None if there is no such file, or it is a recipe for tables.

    Raises
    ------
    ConfigError
        If it is not valid.
    """
    path = find_recipe(name_or_path)
    data = load_yaml(path) if path is not None else None
    if not isinstance(data, dict) or "simulated" not in data:
        return None
    return SimulatedRecipe.parse(data, str(path))


def run_training(recipe: SimulatedRecipe, out: Path) -> None:
    """Train a model on simulated cases and write its package into the folder ``out``.

    Parameters
    ----------
    recipe
        As `load_simulated` gives it; its small form takes seconds.
    out
        The package's own folder; made, or replaced where it holds a package already.

    Raises
    ------
    ConfigError
        If PyTorch or ONNX is missing.
    ModelError
        If the export differs from the network.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    try:
        from smmap.train.package_files import check_package_folder
        from smmap.train.physics import train_physics
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        check_package_folder(out)
        logger.info("training '%s' into %s", recipe.name, out)
        train_physics(recipe, out)
        return
    raise ConfigError(f"training needs '{missing}': pip install 'smmap[train]'")
