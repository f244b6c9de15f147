"""The physics model on in-situ data that nobody tuned it on (gamma0, no NDVI in the file)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import smmap

ASSUMED_NDVI = 0.4


@pytest.mark.realdata
def test_physics_model_on_polish_fields(shared_data):
    table = pd.read_csv(shared_data / "poland-insitu-2024/samples.csv")
    table = table[table.soil_moisture.notna()]
    theta = table.incidence_angle.to_numpy()
    sigma0_db = table.G_VV_dB.to_numpy() + 10 * np.log10(np.cos(np.radians(theta)))
    pixels = np.column_stack([sigma0_db, theta, np.full(len(table), ASSUMED_NDVI)])
    frame = pd.DataFrame(
        {
            "area": table.study_area,
            "field": table.field_id,
            "date": table.date,
            "sm": smmap.load_model("physics").predict(pixels),
            "measured": table.soil_moisture / 100,
        }
    )
    fields = frame.groupby(["area", "field", "date"])[["sm", "measured"]].mean()
    error = fields.sm - fields.measured
    assert error.std() < fields.measured.std(), "no better than knowing the mean"
    assert fields.sm.corr(fields.measured) > 0.5
    assert abs(error.mean()) < 0.06
