"""Fits that were interrupted, on disk."""

from __future__ import annotations

import hashlib
import io
import logging
import pickle
from pathlib import Path
from typing import Any

import torch

from smmap.spec.errors import ConfigError, ModelError, StoreError
from smmap.spec.training import TrainingRecipe
from smmap.store.atomic import write_atomic
from smmap.store.target import check_folder

logger = logging.getLogger(__name__)

OWNER = "recipe.sha256"
"""File in a folder of checkpoints that says whose they are."""
_NUMBERS = ("best_error", "epoch", "best_epoch")
_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, EOFError)


def claim_checkpoints(folder: Path, recipe: TrainingRecipe) -> None:
    """Take a folder for the checkpoints of a recipe.

    Raises
    ------
    ConfigError
        If it holds those of another recipe, or of this one as it was before.
    StoreError
        If it holds something else, or cannot be written.
    """
    whose = hashlib.sha256(recipe.model_dump_json().encode()).hexdigest()
    check_folder(folder)
    owner = folder / OWNER
    if owner.is_file():
        if owner.read_text(encoding="utf-8").strip() != whose:
            raise ConfigError(
                f"{folder}: holds checkpoints of another recipe or seed; name another folder, or "
                "remove this one"
            )
        return
    if folder.is_dir() and any(folder.iterdir()):
        raise StoreError(f"{folder} is not empty and holds no checkpoints; name another folder")
    write_atomic(owner, whose.encode())


def write_checkpoint(path: Path, state: Any) -> None:
    """All that a fit needs to go on as if it had not been interrupted."""
    buffer = io.BytesIO()
    held = {name: getattr(state, name) for name in _NUMBERS}
    held |= {
        "network": state.network.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "best": state.best,
        "random": torch.get_rng_state(),
        "random_gpu": [one.cpu() for one in torch.cuda.get_rng_state_all()],
    }
    torch.save(held, buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path, state: Any) -> None:
    """Put a fit where it was. Tensors and numbers are read, nothing that could run.

    Raises
    ------
    ModelError
        If the file is damaged, or does not fit.
    """
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
        state.network.load_state_dict(held["network"])
        state.optimiser.load_state_dict(held["optimiser"])
        state.best = held["best"]
        for name in _NUMBERS:
            setattr(state, name, held[name])
        torch.set_rng_state(held["random"])
        torch.cuda.set_rng_state_all(held["random_gpu"])
    except (*_DAMAGED, pickle.UnpicklingError) as error:
        # PyTorch's own words are many, and tell how to read what must not be read.
        logger.debug("%s: %s", path, error)
    else:
        return
    raise ModelError(f"{path}: is no checkpoint of this fit (damaged, or of another); remove it")
