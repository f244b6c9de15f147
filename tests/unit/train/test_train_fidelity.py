"""Recipes hold what their studies print, number by number, and say where they part from it."""

import pytest
import yaml

from smmap.data import get_folder
from smmap.features.registry import get_feature
from smmap.spec.card import ModelInput
from smmap.spec.training_member import Between, OneOf
from smmap.train.train_table import list_recipes, load_recipe

ZHU = {
    # Zhu et al. 2025, table III.
    "mlp": {
        "hidden": [(width,) * layers for layers in range(1, 6) for width in (16, 32, 64, 128, 256)],
        "activation": ["relu", "tanh"],
        "penalty": [0.0001, 0.001, 0.01],
        "learning_rate": [0.001, 0.01, 0.1],
    },
    "svr": {
        "cost": [0.1, 0.3, 1, 3, 10],
        "epsilon": [0.01, 0.03, 0.1, 0.2, 0.3, 0.5],
        "kernel": ["linear", "rbf", "poly", "sigmoid"],
    },
    "rf": {
        "trees": (10, 100),
        "depth": [None, 10, 20, 30],
        "samples_in_leaf": [1, 2, 4, 8],
        "features": ["sqrt", "log2", 1.0],
    },
    "xgboost": {
        "rounds": (100, 300),
        "depth": [3, 4, 5],
        "learning_rate": [0.3, 0.1, 0.03, 0.01, 0.003, 0.001],
    },
}


def list_values(tried):
    if isinstance(tried, OneOf):
        found = [tuple(one) if isinstance(one, list) else one for one in tried.choices]
        return sorted(found, key=str)
    assert isinstance(tried, Between)
    assert tried.whole
    assert not tried.log
    return tried.low, tried.high


@pytest.mark.parametrize("kind", ZHU)
def test_what_zhu_drew_from(kind):
    recipe = load_recipe(f"zhu2025-{kind}")
    (member,) = recipe.members
    printed = {
        name: tried if isinstance(tried, tuple) else sorted(tried, key=str)
        for name, tried in ZHU[kind].items()
    }
    assert {name: list_values(one) for name, one in member.tune.items()} == printed
    assert (recipe.tuning.trials, recipe.tuning.sampler) == (100, "random")
    assert recipe.scenarios.repeats == 50
    # Scaled once: by the bounds of table II.
    assert not getattr(member, "standardise", False)


@pytest.mark.parametrize(
    "name", [one for one in list_recipes() if one.split("-")[0] != "poland2024"]
)
def test_recipes_take_what_their_studys_list_says(name):
    """The same derivations in the same order; how cells are averaged is a stated deviation."""
    listed = yaml.safe_load(
        (get_folder("models") / "studies" / f"{name.partition('-')[0]}.yaml").read_text()
    )
    recipe = load_recipe(name)
    assert len(recipe.inputs) == len(listed["inputs"])
    for one, plain in zip(recipe.inputs, listed["inputs"], strict=True):
        other = ModelInput.parse(plain, plain["name"])
        assert get_feature(one, name) == get_feature(other, name), one.name
        assert one.join == other.join, one.name
    assert recipe.radiometry == listed["radiometry"]
    assert recipe.reflectance == listed.get("reflectance", "surface")
    said = " ".join(recipe.deviations)
    assert ("linear power" in said) == (listed.get("aggregation") == "mean_db")


def test_wang_drops_frost_and_snow():
    for kind in ("rf", "xgboost", "cnn", "lstm"):
        limits = {
            one.column: (one.least, one.most) for one in load_recipe(f"wang2026-{kind}").quality
        }
        assert limits == {
            "vv_db": (-40, -5),
            "era5_soil_temperature": (0, None),
            "snow_depth": (None, 0),
            "snow_cover": (None, 0),
        }


def test_readings_that_the_studies_take():
    """Wang: the closest, in 1 km cells; Zhu: daily means in cells; Batchu: flags G, C02, C03."""
    wang, zhu, batchu, gssm10 = (
        load_recipe(name).readings
        for name in ("wang2026-rf", "zhu2025-svr", "batchu2023", "gssm10")
    )
    assert (wang.target, wang.by_cell, wang.flags) == ("closest", True, ("G",))
    assert (zhu.target, zhu.by_cell, zhu.flags) == ("daily-mean", True, ("G",))
    assert (batchu.target, batchu.by_cell) == ("closest", False)
    assert batchu.flags == ("G", "C02", "C03")
    assert batchu.highest > 0.6  # which is what C02 marks
    assert (gssm10.by_cell, gssm10.deepest_m) == (False, 0.05)


def test_every_split_stands_side_by_side():
    for name in set(list_recipes()) - {"batchu2023", "poland2024"}:
        splits = load_recipe(name).splits
        place = "cell" if name.startswith("zhu") else "station"
        assert splits[0] == place
        assert {place, "leave-out network", "year", f"{place} and year", "random"} <= set(splits)


PRINTED = {
    # Wang et al. 2026, section 3.1.
    ("wang2026-rf", "random-forest"): {
        "trees": 800,
        "depth": 35,
        "samples_to_split": 5,
        "samples_in_leaf": 2,
        "features": "sqrt",
    },
    ("wang2026-xgboost", "xgboost"): {
        "rounds": 1000,
        "depth": 10,
        "learning_rate": 0.05,
        "subsample": 0.8,
        "features": 0.8,
    },
    ("wang2026-cnn", "cnn1d"): {
        "batch": 1024,
        "epochs": 150,
        "learning_rate": 1e-4,
        "filters": (64, 128),
        "hidden": 256,
        "dropout": 0.2,
        "patience": 0,
    },
    ("wang2026-lstm", "lstm"): {
        "batch": 1024,
        "epochs": 150,
        "learning_rate": 1e-4,
        "layers": 3,
        "units": 256,
        "dropout": 0.3,
        "patience": 0,
    },
    # The program of the 10 m study.
    ("gssm10", "random-forest"): {
        "trees": 2500,
        "depth": 32,
        "samples_to_split": 3,
        "samples_in_leaf": 7,
        "features": 1.0,
    },
    ("gssm10", "xgboost"): {
        "rounds": 2500,
        "depth": 19,
        "learning_rate": 0.1,
        "subsample": 0.6536,
        "features": 0.5849,
    },
    ("gssm10", "tabnet"): {
        "width": 256,
        "steps": 3,
        "gamma": 1.143,
        "sparsity": 1.01e-5,
        "learning_rate": 0.00403,
        "batch": 1024,
        "virtual_batch": 128,
        "epochs": 200,
        "patience": 50,
    },
}


@pytest.mark.parametrize("name, kind", PRINTED)
def test_options_that_are_printed(name, kind):
    recipe = load_recipe(name)
    (member,) = (one for one in recipe.members if one.kind == kind)
    assert member.model_dump(include=PRINTED[name, kind].keys()) == PRINTED[name, kind]
    assert not member.tune
    assert recipe.seed == 42
