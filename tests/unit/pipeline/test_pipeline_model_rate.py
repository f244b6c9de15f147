"""On what a plan's trial is timed: pixels like the model's own, and none like another."""

import numpy as np

from smmap.model.package import find_package, load_card, load_golden
from smmap.pipeline.model_rate import draw_like, measure_rate

RNG = np.random.default_rng(5)


def test_each_column_has_the_values_of_its_own():
    rows = RNG.normal([0, 100, 200], size=(200, 3)).astype(np.float32)
    drawn = draw_like(rows, 5000)
    assert drawn.shape == (5000, 3)
    assert drawn.dtype == np.float32
    for own, column in zip(rows.T, drawn.T, strict=True):
        assert set(np.unique(column)) == set(own)  # each of 200 is drawn 25 times on the average
    # Columns are drawn by themselves: 8e6 rows are possible, of which some two or three meet.
    assert len(np.unique(drawn, axis=0)) > 4980
    np.testing.assert_array_equal(drawn, draw_like(rows, 5000))


def test_what_is_missing_is_as_often_missing():
    rows = np.ones((100, 2), np.float32)
    rows[:25, 1] = np.nan
    drawn = draw_like(rows, 4000)
    assert not np.isnan(drawn[:, 0]).any()
    # Binomial, 4000 of 0.25: a standard deviation is 0.0068.
    assert abs(np.isnan(drawn[:, 1]).mean() - 0.25) < 0.035


def test_golden_rows_are_those_of_the_card():
    package = find_package("physics")
    golden = load_golden(package)
    assert golden.inputs.shape == (len(golden.outputs), load_card(package).columns)
    assert measure_rate(package, "cpu") > 0
