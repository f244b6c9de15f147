"""Anomalies, triple collocation and textures beside pytesmo, their papers and tables."""

import numpy as np
import pandas as pd
import pytest

from smmap.spec.errors import InsituError
from smmap.validation.anomaly import compute_anomalies
from smmap.validation.stratify import average_over_stations
from smmap.validation.texture import classify_texture
from smmap.validation.triple_collocation import collocate


def make_samples(stations=3, days=400, seed=0):
    rng = np.random.default_rng(seed)
    time = pd.date_range("2020-01-01", periods=days, freq="D", tz="UTC")
    season = 0.1 * np.sin(2 * np.pi * np.arange(days) / 365)
    tables = []
    for number in range(stations):
        storms = rng.normal(0, 0.02, days)
        tables.append(
            pd.DataFrame(
                {
                    "network": "net",
                    "station": f"s{number}",
                    "time": time,
                    "soil_moisture": 0.25 + season + storms,
                    "predicted": 0.2 + season + rng.normal(0, 0.02, days),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def test_seasons_alone_are_no_skill():
    samples = make_samples()
    assert average_over_stations(samples)["r"].iloc[0] > 0.8
    assert abs(average_over_stations(compute_anomalies(samples))["r"].iloc[0]) < 0.15


def test_as_pytesmo():
    from pytesmo.time_series.anomaly import calc_anomaly

    samples = make_samples(1)
    series = samples.set_index(samples["time"].dt.tz_localize(None))["soil_moisture"]
    theirs = calc_anomaly(series, window_size=35)
    ours = compute_anomalies(samples)["soil_moisture"].to_numpy()
    inner = slice(40, -40)  # at the ends they need more of the window
    np.testing.assert_allclose(ours[inner], theirs.to_numpy()[inner], atol=2e-4)


def test_windows_do_not_reach_into_other_stations():
    samples = make_samples(2)
    alone = compute_anomalies(samples[samples["station"] == "s1"])
    together = compute_anomalies(samples)
    pd.testing.assert_frame_equal(together[together["station"] == "s1"], alone)


def test_lonely_samples_are_left_out():
    samples = make_samples(1).iloc[::20]
    assert compute_anomalies(samples).empty
    with pytest.raises(InsituError, match="no column time"):
        compute_anomalies(samples.drop(columns="time"))


def test_triple_collocation_finds_the_errors_that_were_put_in():
    rng = np.random.default_rng(3)
    truth = rng.normal(0.25, 0.08, 40_000)
    noise = (0.02, 0.04, 0.03)
    one, two, three = (truth + rng.normal(0, sigma, truth.size) for sigma in noise)
    found = collocate(one, 0.5 * two + 0.1, three)
    assert found.error == pytest.approx(noise, rel=0.05)
    assert found.scale == pytest.approx((1, 2, 1), rel=0.03)
    expected_db = 20 * np.log10(0.08 / np.array(noise))
    assert found.signal_to_noise_db == pytest.approx(tuple(expected_db), abs=0.5)


def test_triple_collocation_refuses():
    rng = np.random.default_rng(3)
    some = rng.normal(0.2, 0.1, (3, 120))
    gaps = some.copy()
    gaps[0, :21] = np.nan
    with pytest.raises(InsituError, match="99 triplets, 100 are needed"):
        collocate(*gaps)
    with pytest.raises(InsituError, match="same everywhere"):
        collocate(some[0], some[1], np.full(120, 0.2))
    with pytest.raises(InsituError, match="one length"):
        collocate(some[0], some[1], some[2, :50])


# Points well within each field of the texture triangle, read off USDA's drawing: sand, clay.
TRIANGLE = {
    "sand": (92, 4),
    "loamy sand": (82, 6),
    "sandy loam": (65, 10),
    "loam": (42, 18),
    "silt loam": (20, 15),
    "silt": (7, 6),
    "sandy clay loam": (60, 28),
    "clay loam": (33, 34),
    "silty clay loam": (10, 34),
    "sandy clay": (52, 42),
    "silty clay": (6, 47),
    "clay": (20, 60),
}


def test_texture_triangle():
    sand, clay = (pd.Series(column) for column in zip(*TRIANGLE.values(), strict=True))
    assert list(classify_texture(sand, clay)) == list(TRIANGLE)


def test_every_soil_has_a_texture():
    sand, clay = (part.ravel() for part in np.meshgrid(np.arange(0, 101), np.arange(0, 101)))
    inside = sand + clay <= 100
    classes = classify_texture(pd.Series(sand[inside]), pd.Series(clay[inside]))
    assert set(classes) == set(TRIANGLE)
    unknown = classify_texture(pd.Series([np.nan, 60.0, -1]), pd.Series([10, 60.0, 10]))
    assert list(unknown) == ["", "", ""]
