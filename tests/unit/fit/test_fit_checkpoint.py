"""Checkpoints of other fits: refused in one sentence."""

import pickle
from types import SimpleNamespace

import pytest
import torch
from sample_tables import RECIPE

from smmap.fit.checkpoint import claim_checkpoints, load_checkpoint, write_checkpoint
from smmap.spec.errors import ConfigError, ModelError
from smmap.spec.training import TrainingRecipe


def make_state(width):
    layers = (torch.nn.Linear(3, width), torch.nn.Linear(width, width), torch.nn.Linear(width, 1))
    network = torch.nn.Sequential(*layers)
    optimiser = torch.optim.Adam(network.parameters())
    numbers = {"best": {}, "best_error": 1.0, "epoch": 1, "best_epoch": 1}
    return SimpleNamespace(network=network, optimiser=optimiser, **numbers)


def write_other(path):
    write_checkpoint(path, make_state(4))


def write_pickle(path):
    path.write_bytes(pickle.dumps(print, protocol=2))


@pytest.mark.parametrize("write", [write_other, write_pickle])
def test_a_checkpoint_that_does_not_fit_is_told_in_a_sentence(tmp_path, write):
    path = tmp_path / "1.pt"
    write(path)
    with pytest.raises(ModelError) as told:
        load_checkpoint(path, make_state(7))
    check_sentence(told.value, path)


def test_a_folder_of_another_recipe_is_told_in_a_sentence(tmp_path):
    recipe = TrainingRecipe.parse(RECIPE, "r")
    claim_checkpoints(tmp_path, recipe)
    with pytest.raises(ConfigError) as told:
        claim_checkpoints(tmp_path, recipe.model_copy(update={"seed": 5}))
    check_sentence(told.value, tmp_path)


def check_sentence(error, path):
    text = str(error)
    assert text.startswith(f"{path}: ")
    assert "remove" in text
    assert "\n" not in text
    assert len(text.removeprefix(str(path))) < 100
