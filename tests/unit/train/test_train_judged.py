"""What judging finds besides scores: curves of scenarios, importance, ablation, orbits."""

import numpy as np
import pandas as pd
import pytest
from sample_tables import RECIPE, draw_table, make_recipe

from smmap.spec.errors import ConfigError, InsituError
from smmap.spec.training_scenarios import Scenarios
from smmap.train.ablation import list_ablations
from smmap.train.importance import group_inputs
from smmap.train.judge import judge
from smmap.train.samples import select_samples
from smmap.train.train_table import load_recipe

BOOSTER = {"kind": "xgboost", "rounds": 25, "depth": 3, "learning_rate": 0.2}
TUNED = {
    "random-forest": {"kind": "random-forest", "trees": 3},
    "xgboost": BOOSTER | {"tune": {"depth": {"choices": [1, 2]}}},
    "svr": {"kind": "svr", "tune": {"cost": {"choices": [0.5, 2.0]}}},
    "mlp": {"kind": "mlp", "hidden": [4], "iterations": 10},
}


def draw_placed(rows=240):
    """Each field in a cell of its own; two years; two orbits, of which B is 3 dB brighter."""
    table = draw_table(rows=rows)
    number = table["field"].str[1:].astype(int)
    day = pd.to_datetime(table["day"], format="%d.%m.%Y")
    year = np.where(np.arange(rows) % 2, 2024, 2023)
    table["day"] = [f"{one:%d.%m}.{which}" for one, which in zip(day, year, strict=True)]
    orbit = np.where(np.arange(rows) // 2 % 2, "A", "B")
    return table.assign(latitude=50 + number / 10, longitude=20.0, relative_orbit=orbit)


def judge_placed(table=None, **changes):
    changes = {"members": [BOOSTER], "splits": ["station"]} | changes
    recipe = make_recipe(**changes)
    table = draw_placed() if table is None else table
    return judge(recipe, select_samples(table, recipe, "table"), draws=200)


def test_every_scheme_by_its_name():
    """Of 12 fields the study's shares leave 2 to test; most test each sample once."""
    schemes = ["station", "year", "leave-out area", "sensor-60-20-20", "random"]
    schemes += ["station and year", "station within network"]
    found = judge_placed(splits=[*schemes, "cell"], folds=3)
    tested = found.predictions.groupby("scheme").size()
    # Each field is a cell of its own: judged by cells, it would be judged twice.
    assert set(tested.index) == set(schemes) == set(found.metrics)
    assert (tested.drop(["sensor-60-20-20", "station and year"]) == 240).all()
    few = found.predictions[found.predictions["scheme"] == "sensor-60-20-20"]
    assert few["field"].nunique() == 2
    new = found.predictions[found.predictions["scheme"] == "station and year"]
    years = pd.to_datetime(new["day"], format="%d.%m.%Y").dt.year
    assert years.groupby(new["field"]).nunique().eq(1).all()
    assert new["field"].nunique() == 12
    assert found.flattery.scheme == "station"


def test_what_a_table_cannot_give_is_left_out_and_told(caplog):
    """One year, no coordinates: judged by what remains; the split that counts must be there."""
    found = judge_placed(draw_table(), splits=load_recipe("gssm10").splits)
    assert set(found.metrics) == {"station", "leave-out network", "random"}
    told = " ".join(one.message for one in caplog.records)
    assert "one group only, '2024'" in told
    assert "no column latitude" in told
    with pytest.raises(InsituError, match="one group only"):
        judge_placed(draw_table(), splits=["year", "station"])
    with pytest.raises(InsituError, match="no split 'stations'"):
        judge_placed(draw_table(), splits=["station", "stations"])


def test_curves_of_three_scenarios_fall_with_their_sizes():
    plan = {"repeats": 3, "percents": [2, 40], "samples": [1, 6], "cells": [1, 9]}
    splits = ["station", "zhu-dependent", "zhu-temporal", "zhu-spatial"]
    found = judge_placed(splits=splits, scenarios=plan)
    assert set(found.predictions["scheme"]) == {"station"}
    curves = found.curves
    assert curves.groupby(["scheme", "model"]).size().eq(6).all()
    assert set(curves["model"]) == {"model", "mean"}
    median = curves.groupby(["scheme", "model", "size"])["rmse"].median().unstack()
    model = median.xs("model", level="model")
    for scheme, (small, large) in (
        ("zhu-dependent", (2, 40)),
        ("zhu-temporal", (1, 6)),
        ("zhu-spatial", (1, 9)),
    ):
        assert model.loc[scheme, large] < model.loc[scheme, small]
    card = found.describe()
    assert card["zhu-spatial"]["model"]["9"]["repeats"] == 3
    low, high = card["zhu-spatial"]["model"]["9"]["rmse"][1:]
    assert low <= card["zhu-spatial"]["model"]["9"]["rmse"][0] <= high


@pytest.mark.parametrize("kind", TUNED)
def test_training_sets_of_one_cell_or_one_row_are_fitted(kind):
    """Of one cell, folds are of its rows; of one row, nothing is tuned."""
    plan = {"repeats": 1, "percents": [0.5], "cells": [1]}
    table = draw_placed(200)
    found = judge_placed(
        table,
        members=[TUNED[kind]],
        splits=["station", "zhu-dependent", "zhu-spatial"],
        scenarios=plan,
        tuning={"trials": 2},
    )
    assert found.curves["rmse"].notna().all()
    one_row = found.curves[found.curves["scheme"] == "zhu-dependent"].set_index("model")
    if kind == "mlp":  # ten passes do not even learn that
        return
    # Of one row there is nothing to learn but its moisture.
    assert one_row.loc["model", "rmse"] == pytest.approx(one_row.loc["mean", "rmse"], rel=1e-3)


def test_options_chosen_on_the_test_rows_are_never_worse_there():
    """Of the same draws, as Zhu et al. 2025 chose: the best that one could expect."""
    curves = {}
    for on_test_rows in (False, True):
        found = judge_placed(
            members=[BOOSTER | {"tune": {"depth": {"choices": [1, 2, 4]}}}],
            splits=["station", "zhu-spatial"],
            scenarios={"repeats": 3, "cells": [1, 4]},
            tuning={"trials": 4, "sampler": "random", "on_test_rows": on_test_rows},
        )
        of_model = found.curves[found.curves["model"] == "model"]
        curves[on_test_rows] = of_model.set_index(["size", "repeat"])["rmse"]
    assert (curves[True] <= curves[False]).all()
    assert (curves[True] < curves[False]).any()


def test_small_form_and_option_cut_scenarios():
    recipe = load_recipe("zhu2025-rf")
    assert {"zhu-dependent", "zhu-temporal", "zhu-spatial"} <= set(recipe.splits)
    assert (recipe.scenarios.repeats, recipe.scenarios.training_year) == (50, 2021)
    small = recipe.shrink().scenarios
    assert (small.repeats, small.most_sizes) == (2, 2)
    assert Scenarios().cut(None, None) == Scenarios()
    assert Scenarios(repeats=3).cut(9, 4).repeats == 3


def test_importance_takes_parts_of_one_column_together():
    recipe = load_recipe("zhu2025-rf")
    groups = group_inputs(recipe.inputs)
    names = [one.name for one in recipe.inputs]
    parts = {name: [names[i] for i in numbers] for name, numbers in groups.items()}
    assert parts["time"] == ["doy_sin", "doy_cos"]
    assert parts["longitude"] == ["longitude_sin", "longitude_cos"]
    assert parts["vv_db"] == ["vv_db"]
    assert sum(len(one) for one in parts.values()) == 25
    found = judge_placed()
    vv, vh = (found.importance[name] for name in ("vv_db", "vh_db"))
    # Moisture is 1.2 vol % a dB of VV over 12 dB, whatever VH: shuffled, VV costs most of
    # sqrt(2) x 1.2 x 12 / sqrt(12) = 5.9 vol %, beside an offset of the field's own of 4.
    assert 0.02 < vv.low < vv.value < vv.high < 0.06
    assert abs(vh.value) < 0.003


def test_ablation_by_source_and_by_name():
    inputs = [*RECIPE["inputs"], {"name": "elevation", "feature": "elevation", "units": "m"}]
    table = draw_placed().assign(elevation=np.random.default_rng(0).uniform(0, 900, 240))
    found = judge_placed(
        table,
        inputs=inputs,
        ablation={"sources": True, "without": {"cross-polarised": ["vh_db"]}},
    )
    assert set(found.ablation) == {"radar", "terrain", "cross-polarised"}
    assert found.ablation["radar"].low > 0.01
    assert abs(found.ablation["cross-polarised"].value) < 0.01
    without = judge_placed(table, inputs=inputs)
    assert without.ablation is None
    assert found.metrics == without.metrics
    assert set(found.describe()["ablation"]) == set(found.ablation)


def test_sources_of_the_studies():
    gssm10 = list_ablations(load_recipe("gssm10"), sources=True)
    assert set(gssm10) == {"place", "radar", "sentinel2", "landsat", "terrain"}
    assert gssm10["radar"] == ("vv_soil_db", "vh_soil_db")
    zhu = list_ablations(load_recipe("zhu2025-svr"), sources=True)
    assert set(zhu) == {
        *("radar", "season", "soil", "terrain", "place", "modis_vegetation"),
        *("era5_land", "sentinel2", "smap"),
    }
    wang = list_ablations(load_recipe("wang2026-cnn"), sources=False)
    assert wang == {"ERA5-Land soil moisture": ("era5_soil_moisture",)}
    assert list_ablations(load_recipe("wang2026-rf").shrink(), sources=False) == {}


def test_an_orbit_of_its_own_brightness_is_found():
    table = draw_placed()
    brighter = table["relative_orbit"] == "B"
    told = judge_placed(table.assign(VV=table["VV"] + np.where(brighter, 3.0, 0.0)))
    # 3 dB are 3.6 vol %; a model of both orbits sits between.
    difference = told.orbits.table.set_index("orbit")["difference"]
    assert difference["B"] == pytest.approx(0.036, abs=0.012)
    assert told.orbits.differing == ["A", "B"]
    assert told.describe()["orbits"]["B"][1] > 0
    assert "value every" in told.describe()["revisit"]
    assert judge_placed(table).orbits.differing == []


@pytest.mark.parametrize(
    "change, said",
    [
        ({"splits": ["zhu-spatial"]}, "beside scenarios"),
        ({"ablation": {"without": {"x": ["nir"]}}}, "'nir'"),
        ({"ablation": {"without": {"x": ["vv_db", "vh_db", "incidence_deg"]}}}, "all inputs"),
        ({"scenarios": {"cells": []}}, "cells"),
        ({"scenarios": {"repeats": 0}}, "repeats"),
    ],
)
def test_recipes_that_are_refused(change, said):
    with pytest.raises(ConfigError, match=said):
        make_recipe(**change)


def test_scenarios_that_the_table_cannot_give(caplog):
    splits = ["station", "zhu-temporal"]
    found = judge_placed(splits=splits, scenarios={"training_year": 2023})
    assert found.curves is None
    assert judge_placed(draw_table(), splits=["station", "zhu-spatial"]).curves is None
    told = " ".join(one.message for one in caplog.records)
    assert "some before" in told
    assert "no column latitude" in told
    with pytest.raises(InsituError, match=r"scenarios\.regions"):
        judge_placed(splits=["station", "zhu-regional"])


def test_networks_are_fitted_where_the_command_says():
    recipe = load_recipe("wang2026-cnn").fit_networks("cpu", "mixed")
    assert (recipe.members[0].device, recipe.members[0].precision) == ("cpu", "mixed")
    assert recipe.members[0].epochs == 150
    forest = load_recipe("wang2026-rf")
    assert forest.fit_networks("cpu", None) == forest
    with pytest.raises(ConfigError, match="precision"):
        load_recipe("wang2026-cnn").fit_networks(None, "half")
