"""Exports are float32: what that costs is kept small, and no more than that is let through."""

import numpy as np
import onnx
import pytest
import torch
from sample_tables import draw_table
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from smmap.fit.architectures import Scaled
from smmap.fit.estimators import fit_mlp, fit_svr
from smmap.fit.fitted import find_allowance
from smmap.fit.torch_member import FittedNetwork
from smmap.spec.errors import ModelError
from smmap.spec.training_member import Mlp, Svr
from smmap.train.gate import check_parity

LINEAR = Svr(kind="svr", kernel="linear", cost=2.0, epsilon=0.05)


def draw_rows(count=300, seed=1):
    """Three inputs, of which one hardly varies: as longitude does within a kilometre."""
    table = draw_table(rows=count, seed=seed)
    rows = table[["VV", "VH", "angle"]].to_numpy(np.float32, copy=True)
    rows[:, 2] = 0.99985 + 1e-6 * (rows[:, 2] - 38)
    return rows, table["moisture"].to_numpy() / 100


def find_ranges(rows):
    return np.stack([rows.min(0), rows.max(0)], axis=1)


def test_linear_support_vectors_are_a_plane_without_rows(tmp_path):
    rows, truth = draw_rows()
    fitted = fit_svr(LINEAR, rows, truth)
    own = make_pipeline(StandardScaler(), SVR(kernel="linear", C=2.0, epsilon=0.05))
    own.fit(rows.astype(float), (truth - truth.mean()) / truth.std())
    expected = own.predict(rows.astype(float)) * truth.std() + truth.mean()
    np.testing.assert_allclose(fitted.predict(rows), expected, atol=2e-4)
    fitted.write(tmp_path / "svr.onnx")
    assert (tmp_path / "svr.onnx").stat().st_size < 1000
    assert {node.op_type for node in onnx.load(tmp_path / "svr.onnx").graph.node} >= {"Scaler"}


@pytest.mark.parametrize("kind", ["svr", "mlp"])
def test_an_input_that_hardly_varies_costs_no_digits(tmp_path, kind):
    rows, truth = draw_rows()
    if kind == "svr":
        fitted = fit_svr(LINEAR, rows, truth)
    else:
        fitted = fit_mlp(Mlp(kind="mlp", hidden=(8,), solver="lbfgs"), rows, truth, 0)
    fitted.write(tmp_path / "m.onnx")
    assert check_parity(fitted, tmp_path / "m.onnx", find_ranges(rows), 0).difference < 2e-5


class Steep(torch.nn.Module):
    """Large numbers that cancel: float32 leaves few digits of them."""

    def __init__(self, size):
        super().__init__()
        self.size = torch.tensor(size)  # no buffer, as some of TabNet's constants

    def forward(self, rows):
        return ((rows.sum(1, keepdim=True) + self.size) - self.size).tanh()


def hold(size):
    rows, truth = draw_rows()
    return FittedNetwork(Scaled(Steep(size), rows, truth).eval(), "steep", 3), rows


def test_a_network_may_differ_by_what_it_rounds_itself(tmp_path):
    exact, rows = hold(1.0)
    assert find_allowance(exact, rows) == exact.tolerance
    coarse, _ = hold(3000.0)
    allowed = find_allowance(coarse, rows)
    # Numbers around 3000 are 2.4e-4 apart; half of that, times the spread of the truth.
    spread = draw_rows()[1].std()
    assert 0.5 < allowed / (4 * 1.2e-4 * spread) < 4
    coarse.write(tmp_path / "m.onnx")
    assert check_parity(coarse, tmp_path / "m.onnx", find_ranges(rows), 0).difference <= allowed
    other, _ = hold(3000.5)
    shifted = FittedNetwork(other._network, "other", 3)
    shifted._network.target_mean += 20 * allowed
    with pytest.raises(ModelError, match="its own rounding"):
        check_parity(shifted, tmp_path / "m.onnx", find_ranges(rows), 0)
