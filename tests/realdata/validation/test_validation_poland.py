"""What the documentation says of random splits, on fields that nobody here measured."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor

from smmap.validation.flattery import Flattery
from smmap.validation.schemes import make_splits
from smmap.validation.scores import compute_scores

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def samples(shared_data):
    raw = pd.read_csv(shared_data / "poland-insitu-2024" / "samples.csv")
    raw = raw.drop_duplicates(["id", "date", "orbit"]).reset_index(drop=True)
    return raw.assign(
        network=raw["study_area"],
        station=raw["id"],
        field=raw["study_area"] + raw["field_id"],
        latitude=raw["Latitude"],
        longitude=raw["Longitude"],
    )


def judge(samples, scheme):
    columns = ["G_VV_dB", "G_VH_dB", "incidence_angle", "Latitude", "Longitude"]
    inputs, truth = samples[columns].to_numpy(), samples["soil_moisture"].to_numpy() / 100
    predicted = np.full(len(samples), np.nan)
    for split in make_splits(samples, scheme):
        forest = RandomForestRegressor(200, random_state=0, n_jobs=1)
        forest.fit(inputs[split.train], truth[split.train])
        predicted[split.test] = forest.predict(inputs[split.test])
    return compute_scores(predicted, truth)


def test_random_and_point_splits_flatter(samples):
    scores = {name: judge(samples, name) for name in ("random", "station", "cell", "field")}
    assert scores["random"].count == 585
    # Points of one field were measured minutes apart: a split by point leaks as a random one does.
    assert scores["station"].rmse < 1.2 * scores["random"].rmse
    assert scores["cell"].rmse > 1.5 * scores["random"].rmse
    assert scores["field"].rmse > 2 * scores["random"].rmse
    said = Flattery(scores["random"], scores["field"], "field").describe()
    assert f"{scores['field'].rmse:.3f}" in said
