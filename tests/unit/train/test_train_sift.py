"""Rows that are no samples: doubles under other names, other times, other planets, water."""

import numpy as np
import pandas as pd
import pytest
from sample_tables import draw_table, make_recipe

from smmap.spec.errors import StoreError
from smmap.train.judge import list_splits
from smmap.train.samples import select_samples
from smmap.train.train_table import train_table
from smmap.validation.samples import name_sites


def place(table):
    """Each field somewhere of its own."""
    number = table["field"].str[1:].astype(float)
    return table.assign(latitude=51 + number / 10, longitude=20.0)


def sift(table, **changes):
    return select_samples(table, make_recipe(**changes), "table")


def test_a_station_under_two_names_is_trained_on_once_and_is_one_site(caplog):
    table = place(draw_table())
    again = table[table["field"] == "f3"].assign(area="south", field="other", note="a copy")
    again["latitude"] += 3e-5  # 3 m
    # What the copy has besides stays, at the same site.
    more = draw_table(rows=20, seed=4).assign(field="other", area="south")
    both = pd.concat([table, again, more.assign(latitude=51.3, longitude=20.0)], ignore_index=True)
    samples = sift(both)
    assert dict(samples.dropped) == {"same place, time and values as a row above": len(again)}
    assert len(samples.truth) == len(table) + 20
    sites = name_sites(samples.frame)
    assert sites[samples.frame["field"] == "other"].unique().tolist() == ["north / f3"]
    for split in list_splits(make_recipe(), samples, "station"):
        assert not set(sites.iloc[split.train]) & set(sites.iloc[split.test])
    assert "1 places have several names" in caplog.text
    assert "north / f3 = south / other" in caplog.text


def test_without_places_equal_rows_are_one_all_the_same():
    table = draw_table()
    again = table[table["field"] == "f3"].assign(field="other")
    samples = sift(pd.concat([table, again], ignore_index=True))
    assert dict(samples.dropped) == {"same place, time and values as a row above": len(again)}
    # Two probes of one place and time that say otherwise are two samples.
    other = again.assign(moisture=again["moisture"] + 1)
    assert sift(pd.concat([table, other], ignore_index=True)).dropped == {}


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"day": "01.03.2099"}, "time in the future"),
        ({"latitude": 400.0}, "no place on Earth"),
        ({"longitude": 999.0}, "no place on Earth"),
        ({"latitude": 0.0, "longitude": 0.0}, "no place on Earth"),
        ({"land_cover": "210"}, "stands on water"),
        ({"land_cover_water": 0.5}, "stands on water"),
    ],
)
def test_rows_of_no_time_or_place_are_dropped_and_counted(change, reason):
    table = place(draw_table()).assign(land_cover="10", land_cover_water=np.nan)
    for column, value in change.items():
        table.loc[:4, column] = value
    samples = sift(table)
    assert [reason in key for key in samples.dropped] == [True]
    assert list(samples.dropped.values()) == [5]
    assert len(samples.truth) == len(table) - 5


def test_places_among_the_inputs_are_looked_at_too():
    inputs = [
        {"name": axis, "feature": axis, "units": "degree", "column": axis[:3]}
        for axis in ("latitude", "longitude")
    ]
    table = place(draw_table()).rename(columns={"latitude": "lat", "longitude": "lon"})
    table.loc[0, "lat"] = 91.0
    samples = sift(table, inputs=[*make_recipe().model_dump()["inputs"], *inputs])
    assert list(samples.dropped.values()) == [1]


def test_what_is_dropped_is_nothing_to_look_back_to():
    table = pd.DataFrame(
        {
            "area": "north",
            "field": "f1",
            "day": ["01.03.2024", "04.03.2024", "09.03.2024"],
            "VV": [-9.0, -10.0, -12.0],
            "VH": -20.0,
            "angle": 38.0,
            "moisture": [20.0, 21.0, 30.0],
            "land_cover_water": [0.0, 0.9, 0.0],
        }
    )
    samples = sift(table, history={"overpasses": 2, "days": 20})
    steps = samples.rows.reshape(2, 2, 4)
    np.testing.assert_array_equal(steps[1, :, 0], [-9, -12])
    limited = sift(
        table, history={"overpasses": 2, "days": 20}, quality=[{"column": "VV", "most": -9.5}]
    )
    np.testing.assert_array_equal(limited.rows.reshape(1, 2, 4)[0, :, 0], [-12, -12])


def test_samples_are_never_written_over(tmp_path):
    path = tmp_path / "samples.csv"
    draw_table().to_csv(path, index=False)
    before = path.read_bytes()
    (tmp_path / "link.csv").symlink_to(path)
    for option in ({"predictions": path}, {"predictions": tmp_path / "link.csv"}, {"report": path}):
        with pytest.raises(StoreError, match="the table itself"):
            train_table(make_recipe(), path, tmp_path / "model", draws=0, **option)
    assert path.read_bytes() == before
    assert not (tmp_path / "model").exists()
