"""Rough packages, trained once in seconds."""

import pytest
from sample_tables import KINDS, draw_table, make_recipe

from smmap.train.run import load_simulated, run_training
from smmap.train.train_table import train_table


@pytest.fixture(scope="session")
def rough(tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "physics"
    run_training(load_simulated("physics").shrink(), out)
    return out


@pytest.fixture
def table(tmp_path):
    draw_table().to_csv(tmp_path / "samples.csv", index=False)
    return tmp_path / "samples.csv"


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A package of up to three members; a fourth is not packaged."""
    place = tmp_path_factory.mktemp("trained")
    draw_table().to_csv(place / "samples.csv", index=False)
    members = [*KINDS[:2], KINDS[3], KINDS[2] | {"packaged": False}]
    recipe = make_recipe(members=members, combine="weighted", splits=["station", "random"])
    return place / "model", train_table(recipe, place / "samples.csv", place / "model", draws=50)
