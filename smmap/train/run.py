"""Makes a model package by its name."""

from __future__ import annotations

import logging
from pathlib import Path

from smmap.spec.errors import ConfigError

logger = logging.getLogger(__name__)

TRAININGS = ("physics",)
"""Names that `run_training` knows."""


def run_training(
    name: str, out: Path, *, cases: int = 600_000, epochs: int = 30, seed: int = 0
) -> None:
    """Train the model ``name`` and write its package into the folder ``out``.

    Parameters
    ----------
    name
        One of `TRAININGS`.
    out
        The package's own folder; made, or replaced where it holds a package already.
    cases, epochs, seed
        Simulated cases to train on, passes over them, and the seed of everything. 20,000 cases
        and 3 epochs take seconds and give a rough model.

    Raises
    ------
    ConfigError
        If there is no such training, a number is too small, or PyTorch or ONNX is missing.
    ModelError
        If the export differs from the network.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    if name not in TRAININGS:
        raise ConfigError(f"no training '{name}'; there is: {', '.join(TRAININGS)}")
    if cases < 1000 or epochs < 1 or seed < 0:
        raise ConfigError(
            f"{cases} cases, {epochs} epochs, seed {seed}: at least 1000 cases, 1 epoch and seed 0"
        )
    try:
        from smmap.train.package_files import check_package_folder
        from smmap.train.physics import train_physics
    except ModuleNotFoundError as error:
        missing = error.name
    else:
        check_package_folder(out)
        logger.info("training '%s' into %s", name, out)
        train_physics(out, cases=cases, seed=seed, epochs=epochs)
        return
    raise ConfigError(f"training needs '{missing}': pip install 'smmap[train]'")
