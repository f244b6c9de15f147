"""The card and the lines of code that docs/models.md shows make packages as they stand."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import xgboost
from own_card import draw_rows
from sklearn.ensemble import RandomForestRegressor

from smmap.cli.export import export
from smmap.train.predict_table import predict_table

DOCS = Path(__file__).parents[3] / "docs" / "models.md"
SECTION = DOCS.read_text(encoding="utf-8").split("## Your own model")[1]
(CARD,) = re.findall(r"```yaml\n(.*?)```", SECTION, re.DOTALL)
CODE = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture(scope="module")
def samples():
    """A table in the card's units, and what the card says a model was fitted on."""
    rng = np.random.default_rng(0)
    radar, truth = draw_rows()
    ndvi, clay = rng.uniform(0.1, 0.9, 300), rng.uniform(2, 40, 300)
    table = pd.DataFrame(radar, columns=["VV", "VH", "angle"]).assign(ndvi=ndvi, clay=clay)
    fitted_on = np.column_stack([radar, (ndvi - 0.4) / 0.2, clay])
    return table, fitted_on.astype(np.float32), truth


def fit_booster(rows, truth):
    model = xgboost.XGBRegressor(n_estimators=40, max_depth=4, n_jobs=1).fit(rows, truth)
    return {"booster": model}, model.predict


def fit_regressor(rows, truth):
    model = RandomForestRegressor(8, random_state=0).fit(rows, truth)
    return {"regressor": model}, model.predict


def fit_network(rows, truth):
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    with torch.no_grad():
        network[-1].weight.mul_(0.1)
        network[-1].bias.fill_(0.25)

    def predict(asked):
        with torch.inference_mode():
            return network(torch.from_numpy(asked)).numpy()[:, 0]

    return {"network": network, "rows": rows}, predict


@pytest.mark.parametrize(
    "code, fit, file",
    [
        (CODE[0], fit_booster, "mine.ubj"),
        (CODE[1], fit_regressor, "mine.skops"),
        (CODE[2], fit_network, "mine.onnx"),
    ],
    ids=["xgboost", "skops", "onnx"],
)
def test_the_documented_card_makes_a_package(tmp_path, monkeypatch, samples, code, fit, file):
    monkeypatch.chdir(tmp_path)
    table, rows, truth = samples
    names, predict = fit(rows, truth)
    exec(code, names)
    Path("card.yaml").write_text(CARD, encoding="utf-8")
    export(Path(file), card=Path("card.yaml"), out=Path("mine"))
    table.to_parquet("t.parquet")
    told = predict_table(Path("mine"), Path("t.parquet"), Path("sm.parquet"))
    assert (told.missing, told.outside, told.strange) == (0, 0, 0)
    found = pd.read_parquet("sm.parquet")["sm"]
    np.testing.assert_allclose(found, predict(rows), rtol=0, atol=1e-5)
