"""What a table is too small for is said before anything is fitted, with advice that helps."""

import numpy as np
import pandas as pd
import pytest
from sample_tables import KINDS, draw_table, make_recipe

from smmap.spec.errors import InsituError
from smmap.train import ensemble as ensemble_room
from smmap.train.judge import judge
from smmap.train.samples import select_samples
from smmap.train.train_table import train_table


def draw_placed(years):
    table = draw_table()
    day = pd.to_datetime(table["day"], format="%d.%m.%Y")
    year = np.resize(years, len(table))
    table["day"] = [f"{one:%d.%m}.{which}" for one, which in zip(day, year, strict=True)]
    return table.assign(latitude=50 + table["field"].str[1:].astype(int) / 10, longitude=20.0)


@pytest.fixture
def unfitted(monkeypatch):
    """Fails as soon as a member is fitted."""

    def refuse(*_):
        pytest.fail("a member was fitted")

    monkeypatch.setattr(ensemble_room, "fit_member", refuse)


@pytest.mark.usefixtures("unfitted")
@pytest.mark.parametrize(
    "table, change, said",
    [
        (
            draw_placed([2023]),
            {"splits": ["station"], "combine": "weighted", "members": KINDS[:2], "inner_folds": 9},
            "8 groups are too few for 9 folds.*inner_folds",
        ),
        (draw_placed([2023]), {"splits": ["station", "zhu-regional"]}, "regions"),
    ],
)
def test_nothing_is_fitted_for_nothing(table, change, said):
    recipe = make_recipe(**change)
    with pytest.raises(InsituError, match=said):
        judge(recipe, select_samples(table, recipe, "table"))


@pytest.mark.parametrize(
    "years, plan, said",
    [
        ([2023], {}, "leave 'zhu-temporal' out"),
        ([2023, 2024], {"training_year": 2023}, "later 'scenarios.training_year'"),
    ],
)
def test_a_scenario_that_the_table_cannot_give_is_left_out(years, plan, said, caplog):
    recipe = make_recipe(splits=["station", "zhu-temporal"], scenarios=plan)
    found = judge(recipe, select_samples(draw_placed(years), recipe, "table"), draws=0)
    assert found.curves is None
    assert list(found.metrics) == ["station"]
    assert said in caplog.text


def test_a_training_year_that_the_table_lacks_is_its_last(tmp_path, caplog):
    draw_placed([2022, 2023]).to_csv(tmp_path / "t.csv", index=False)
    plan = {"training_year": 2021, "repeats": 1, "samples": [2]}
    recipe = make_recipe(splits=["station", "zhu-temporal"], scenarios=plan)
    made = train_table(recipe, tmp_path / "t.csv", tmp_path / "m", draws=0)
    assert made.card.training["training_year"] == 2023
    assert "no sample is of 2021; it trains on 2023" in caplog.text
    assert set(made.judgement.curves["scheme"]) == {"zhu-temporal"}
