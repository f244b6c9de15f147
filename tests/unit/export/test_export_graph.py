"""Exports whose graph is changed for speed: what they hold, and that they predict as in torch."""

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from smmap.export.write_network import write_network
from smmap.model.session import BATCHES, Session

FEATURES = 12


@pytest.fixture
def export(tmp_path):
    """Export a network; its operators and its weights by their shapes."""

    def run(network, rows=None):
        network, path = network.eval(), tmp_path / "m.onnx"
        if rows is None:
            rows = np.random.default_rng(2).normal(size=(40, FEATURES)).astype(np.float32)
        write_network(network, path, rows)
        with torch.inference_mode():
            expected = network(torch.from_numpy(rows)).numpy()
        found = Session(path, "cpu", 1).run(rows)
        np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=0, atol=1e-5)
        graph = onnx.load(path).graph
        weights = [tuple(one.dims) for one in graph.initializer]
        return [node.op_type for node in graph.node], weights

    torch.manual_seed(4)
    return run


class Gated(nn.Module):
    """A layer whose columns are taken apart, and a last one."""

    def __init__(self, take, norm=True, bias=False, width=16, left=8):
        super().__init__()
        self.linear = nn.Linear(FEATURES, width, bias=bias)
        self.norm = nn.BatchNorm1d(width) if norm else nn.Identity()
        self.take, self.last = take, nn.Linear(left, 1)
        if norm:
            nn.init.normal_(self.norm.weight)
            nn.init.normal_(self.norm.bias)
            self.norm.running_mean.normal_()
            self.norm.running_var.uniform_(0.5, 2.0)

    def forward(self, x):
        return self.last(self.take(self.norm(self.linear(x))))


def take_slices(x):
    """As pytorch-tabnet does."""
    return x[:, :8] * torch.sigmoid(x[:, 8:])


def take_unequal(x):
    few, many = x.split([4, 12], 1)
    return torch.cat([few, many[:, :4].tanh()], 1) + many[:, 4:]


def take_some(x):
    """Neither the first nor the last columns; some twice."""
    return x[:, 1:9] * x[:, -9:-1]


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("take", [nn.functional.glu, take_slices, take_unequal, take_some])
def test_a_product_is_cut_where_its_columns_part(export, take, bias, norm):
    operators, weights = export(Gated(take, norm, bias))
    assert "Split" not in operators
    assert operators.count("Slice") == (2 if take is take_unequal else 0)  # of a part
    assert (FEATURES, 16) not in weights
    assert (16, FEATURES) not in weights


def test_a_product_that_is_also_used_whole_stays_whole(export):
    operators, weights = export(Gated(lambda x: nn.functional.glu(x) * x.mean(1, keepdim=True)))
    assert "Split" in operators
    assert (FEATURES, 16) in weights


def test_only_products_of_rows_are_cut(export):
    class Deep(nn.Module):
        """Of (n, 3, 4): the second axis of what is parted is not that of the columns."""

        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 6, bias=False)

        def forward(self, x):
            one, *others = self.linear(x.reshape(-1, 3, 4)).split(1, 1)
            return one.sum((1, 2))[:, None] - others[1].mean((1, 2))[:, None]

    operators, _ = export(Deep())
    assert "Split" in operators


def test_layers_that_share_weights_share_their_parts(export):
    """Each with a norm of its own, as in TabNet's shared layers."""

    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Gated(take_slices)
            self.second = Gated(take_slices)
            self.second.linear = self.first.linear

        def forward(self, x):
            return self.second(self.first(x) + x)

    _, weights = export(Shared())
    assert weights.count((FEATURES, 8)) == 2


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(1, 4),
    padding=st.integers(0, 2),
    stride=st.integers(1, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    bias=st.booleans(),
    between=st.sampled_from([nn.ReLU, nn.ELU, nn.GELU, nn.Identity, lambda: nn.MaxPool1d(2)]),
)
def test_convolutions_of_any_kind_are_widened(
    tmp_path_factory, size, padding, stride, dilation, groups, bias, between
):
    torch.manual_seed(size)
    options = {"stride": stride, "dilation": dilation, "padding": padding, "bias": bias}
    network = nn.Sequential(
        nn.Unflatten(1, (2, FEATURES)),
        nn.Conv1d(2, 16, size, groups=groups, **options),
        between(),
        nn.Conv1d(16, 32, 1),
        nn.Sigmoid(),
        nn.Flatten(),
        nn.LazyLinear(1),
    ).eval()
    rows = np.random.default_rng(size).normal(size=(30, 2 * FEATURES)).astype(np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(rows)).numpy()
    path = tmp_path_factory.mktemp("widened") / "m.onnx"
    write_network(network, path, rows)
    np.testing.assert_allclose(Session(path, "cpu", 1).run(rows), expected, rtol=0, atol=1e-5)
    graph = onnx.load(path).graph
    assert all(len(one.dims) != 3 for one in graph.initializer)
    joined = between in (nn.ReLU, nn.ELU, nn.Identity)
    assert [node.op_type for node in graph.node].count("Squeeze") == (1 if joined else 2)


def test_a_convolution_beside_a_short_cut(export):
    class Residual(nn.Module):
        """The same values as row and as image; the last row is the output."""

        def __init__(self):
            super().__init__()
            self.first = nn.Conv1d(1, 8, 3, padding=1)
            self.second = nn.Conv1d(8, 8, 3, padding="same")
            self.last = nn.Conv1d(8, 1, FEATURES)

        def forward(self, x):
            x = self.first(x[:, None]).relu()
            return self.last(x + self.second(x).relu()).flatten(1)

    _, weights = export(Residual())
    assert (8, 8, 1, 3) in weights


def test_a_pixel_of_widened_convolutions_is_alone(tmp_path):
    """Whatever its place in a batch, and what else is in it."""
    torch.manual_seed(6)
    network = nn.Sequential(
        *(nn.Unflatten(1, (1, FEATURES)), nn.Conv1d(1, 64, 3, padding=1), nn.ReLU()),
        *(nn.Conv1d(64, 128, 3, padding=1), nn.ReLU(), nn.Flatten()),
        nn.Linear(128 * FEATURES, 1),
    ).eval()
    rows = np.random.default_rng(6).normal(size=(2 * BATCHES["cpu"] + 77, FEATURES))
    rows = rows.astype(np.float32)
    write_network(network, tmp_path / "m.onnx", rows[:50])
    session = Session(tmp_path / "m.onnx", "cpu", 2)
    whole = session.run(rows)
    np.testing.assert_array_equal(session.run(rows[::-1])[::-1], whole)
    np.testing.assert_array_equal(session.run(rows[5:300]), whole[5:300])


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")
def test_a_graph_with_branches_stays_as_it_is(export):
    """They may take values of the graph around them, which would look as if nothing used them."""

    @torch.jit.script
    def choose(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(y) if bool(x.sum() > 0) else torch.sigmoid(y) * x

    operators, weights = export(Gated(lambda x: choose(x[:, :8], x[:, 8:])))
    assert "If" in operators
    assert (FEATURES, 16) in weights
