"""Exports are float32: what that costs is kept small, and no more than that is let through."""

import numpy as np
import onnx
import pytest
import torch
from sample_tables import draw_table
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from smmap.export.rounding import find_strays, measure_steepness
from smmap.fit.architectures import Scaled
from smmap.fit.estimators import fit_mlp, fit_svr
from smmap.fit.fitted import find_allowance, find_allowances
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


@pytest.mark.parametrize("weights", [(3.0, -2.0, 0.5), (0.0, 1e4, 1.0)])
def test_steepness_of_a_plane_is_known(weights):
    """All eight neighbours of three inputs are among those that are drawn."""
    rows = np.random.default_rng(0).uniform(0.1, 5, (200, 3)).astype(np.float32)
    digits = np.abs(np.nextafter(rows, np.float32(np.inf)).astype(np.float64) - rows)
    found = measure_steepness(lambda some: some.astype(np.float64) @ weights, rows)
    below = np.abs(np.nextafter(rows, np.float32(-np.inf)).astype(np.float64) - rows)
    lowest = np.minimum(digits, below) @ np.abs(weights)
    assert (found >= lowest * (1 - 1e-6)).all()
    assert (found <= np.maximum(digits, below) @ np.abs(weights) * (1 + 1e-6)).all()


STEEP, EDGE = 2e4, 0.998
"""Of a ramp that a five-hundredth of all rows lies on, each ulp of an input 0.0024 further."""


def climb(rows):
    """Exact but for the difference: what comes after is as float32 has it."""
    return np.tanh(np.maximum(0, np.float32(STEEP) * (rows[:, 0] - np.float32(EDGE))))


def climb_otherwise(rows):
    """The same ramp, another order."""
    return np.tanh(np.maximum(0, np.float32(STEEP) * rows[:, 0] - np.float32(STEEP * EDGE)))


def find_wrong(found, rows, network=climb):
    apart = np.abs(found.astype(np.float64) - network(rows))
    return find_strays(apart, rows, 1e-5, network, lambda: 1e-5)


def test_only_steep_rows_are_excused_by_their_last_digits():
    rows = np.random.default_rng(0).uniform(0, 1, (20_000, 3)).astype(np.float32)
    rows[::1000, 0] = EDGE + np.arange(20, dtype=np.float32) / 20 * 1e-4
    found = climb_otherwise(rows)
    assert np.abs(found - climb(rows)).max() > 4e-5  # more than four times what it says it rounds
    assert not len(find_wrong(found, rows))
    # As much elsewhere is an error, and so is much more on the ramp, and no value anywhere.
    for row, added in ((1, 5e-5), (0, 0.02), (1000, np.nan)):
        wrong = found.copy()
        wrong[row] += np.float32(added)
        assert find_wrong(wrong, rows).tolist() == [row]


def test_a_network_that_is_steep_at_many_rows_is_not_excused():
    rows = np.random.default_rng(0).uniform(0.9980, 0.9981, (20_000, 3)).astype(np.float32)
    strays = find_wrong(climb_otherwise(rows), rows)
    assert len(strays) > 0.01 * len(rows)


class Ramp(torch.nn.Module):
    """`climb` in PyTorch, as one of two that differ in order, or also in where the ramp is."""

    def __init__(self, otherwise=False, edge=1.5):
        super().__init__()
        self.otherwise, self.edge = otherwise, edge

    def forward(self, rows):
        if self.otherwise:
            return torch.tanh(torch.relu(STEEP * rows[:, :1] - STEEP * self.edge))
        return torch.tanh(torch.relu(STEEP * (rows[:, :1] - self.edge)))


def hold_ramp(**options):
    rows, truth = draw_rows()
    return FittedNetwork(Scaled(Ramp(**options), rows, truth).eval(), "ramp", 3)


def test_the_gate_lets_steep_rows_pass_and_refuses_another_ramp(tmp_path):
    rows, _ = draw_rows()
    network = hold_ramp()
    ranges = find_ranges(rows)
    # The ramp begins just before the end of what is drawn within; beyond it all is flat.
    scale = network._network
    ranges[0] = (scale.mean + scale.std * torch.tensor([[-1.5], [1.5001]]))[:, 0].numpy()
    hold_ramp(otherwise=True).write(tmp_path / "same.onnx")
    parity = check_parity(network, tmp_path / "same.onnx", ranges, 0)
    assert parity.difference > network.tolerance
    # Of golden rows, which another processor rounds otherwise, the same is allowed.
    steep = np.tile((scale.mean + scale.std * 1.50002).numpy(), (2, 1)).astype(np.float32)
    flat = steep - scale.std.numpy()
    allowed = find_allowances(network, np.concatenate([steep[:1], flat[:1]]))
    assert allowed[0] > parity.difference
    assert allowed[1] == find_allowance(network, np.concatenate([steep[:1], flat[:1]]))
    hold_ramp(otherwise=True, edge=1.50005).write(tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="predicts otherwise"):
        check_parity(network, tmp_path / "other.onnx", ranges, 0)
