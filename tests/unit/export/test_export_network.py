"""Networks of the published kinds through PyTorch and, exported, through the session that maps."""

import numpy as np
import pytest
import torch
from torch import nn

from smmap.export.ghost_norm import fold_ghost_norms
from smmap.export.rounding import measure_rounding
from smmap.export.unrolled_lstm import unroll_lstms
from smmap.export.write_network import write_network
from smmap.model.session import BATCHES, Session
from smmap.spec.errors import ModelError

FEATURES = 7


class GhostNorm(nn.Module):
    """As pytorch-tabnet has it."""

    def __init__(self, width):
        super().__init__()
        self.virtual_batch_size = 8
        self.bn = nn.BatchNorm1d(width, momentum=0.02)

    def forward(self, x):
        return torch.cat([self.bn(part) for part in x.chunk(-(-len(x) // 8), 0)])


class Attentive(nn.Module):
    """A step of TabNet (Arik and Pfister 2021): gated blocks and a sparsemax mask."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(FEATURES, 32, bias=False)
        self.first_norm = GhostNorm(32)
        self.attention = nn.Linear(16, FEATURES, bias=False)
        self.attention_norm = GhostNorm(FEATURES)
        self.last = nn.Linear(FEATURES, 1)

    def forward(self, x):
        hidden = nn.functional.glu(self.first_norm(self.first(x)))
        mask = sparsemax(self.attention_norm(self.attention(hidden)))
        return self.last(x * mask)


def sparsemax(z):
    """Martins and Astudillo 2016."""
    ordered, _ = torch.sort(z, dim=-1, descending=True)
    sums = ordered.cumsum(-1) - 1
    rank = torch.arange(1, z.shape[-1] + 1, dtype=z.dtype)
    size = (rank * ordered > sums).sum(-1, keepdim=True)
    return torch.clamp(z - sums.gather(-1, size - 1) / size, min=0)


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.Conv1d(8, 16, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16 * FEATURES, 32),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(32, 1),
        )

    def forward(self, x):
        return self.layers(x[:, None])


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.LSTM(1, 24, 3, batch_first=True, dropout=0.3)
        self.last = nn.Linear(24, 2)

    def forward(self, x):
        return self.last(self.layers(x[..., None])[0][:, -1])


def make(kind):
    torch.manual_seed(3)
    perceptron = nn.Sequential(nn.Linear(FEATURES, 32), nn.Tanh(), nn.Linear(32, 1))
    network = {
        "tabnet": Attentive,
        "cnn": Convolutional,
        "lstm": Recurrent,
        "mlp": lambda: perceptron,
    }[kind]()
    rows = np.random.default_rng(1).random((BATCHES["cpu"] + 700, FEATURES), dtype=np.float32)
    network.train()
    with torch.no_grad():
        for part in torch.split(torch.from_numpy(rows), 64):  # running means of their own
            network(part)
    return network.eval(), rows


@pytest.mark.parametrize("kind", ["tabnet", "cnn", "lstm", "mlp"])
def test_a_network_predicts_as_in_torch(tmp_path, kind):
    network, rows = make(kind)
    path = tmp_path / "m.onnx"
    assert write_network(network, path, rows[:100]) <= 1e-5
    with torch.inference_mode():
        expected = network(torch.from_numpy(rows)).numpy()
    session = Session(path, "cpu", 2)
    whole = session.run(rows)
    np.testing.assert_allclose(whole, expected, rtol=0, atol=1e-5)
    # Neither threads, nor the place in a batch, nor what else is in it.
    np.testing.assert_array_equal(Session(path, "cpu", 1).run(rows), whole)
    np.testing.assert_array_equal(session.run(rows[::-1])[::-1], whole)
    for part in (slice(0, 1), slice(13, 1300), slice(len(rows) - 5, None)):
        np.testing.assert_array_equal(session.run(rows[part]), whole[part])


def test_plain_norms_are_the_ghosts(tmp_path):
    network, rows = make("tabnet")
    plain = fold_ghost_norms(network)
    assert not any(isinstance(one, GhostNorm) for one in plain.modules())
    assert any(isinstance(one, GhostNorm) for one in network.modules())
    with torch.inference_mode():
        x = torch.from_numpy(rows)
        assert torch.equal(plain(x), network(x))


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_a_written_out_lstm_is_torchs(bias, batch_first):
    torch.manual_seed(5)
    settings = {"bias": bias, "batch_first": batch_first}
    network = nn.Sequential(nn.LSTM(4, 6, 2, **settings)).eval()
    plain = unroll_lstms(network)
    assert not any(isinstance(one, nn.LSTM) for one in plain.modules())
    with torch.inference_mode():
        x = torch.randn(5, 8, 4)
        (outputs, states), (expected, wanted) = plain(x), network(x)
    torch.testing.assert_close(outputs, expected, rtol=0, atol=1e-6)
    for found, one in zip(states, wanted, strict=True):
        torch.testing.assert_close(found, one, rtol=0, atol=1e-6)


def test_an_lstm_that_runs_both_ways_stays():
    network = nn.Sequential(nn.LSTM(4, 6, bidirectional=True)).eval()
    assert isinstance(unroll_lstms(network)[0], nn.LSTM)


def test_a_network_in_training_is_refused(tmp_path):
    network, rows = make("mlp")
    with pytest.raises(ModelError, match="in training"):
        write_network(network.train(), tmp_path / "m.onnx", rows)


def test_an_export_that_loses_something_is_refused(tmp_path):
    class Fixed(nn.Module):
        """Tracing keeps the number of rows it saw."""

        def forward(self, x):
            return x[:, :1] / float(len(x))

    rows = np.ones((10, FEATURES), np.float32)
    with pytest.raises(ModelError, match="differs from the network"):
        write_network(Fixed().eval(), tmp_path / "m.onnx", rows)
    assert not (tmp_path / "m.onnx").exists()


def test_a_network_that_rounds_coarsely_may_be_exported(tmp_path):
    """Sums of large numbers that nearly cancel: each order of adding has an error of its own."""
    torch.manual_seed(0)
    first, last = nn.Linear(FEATURES, 512), nn.Linear(512, 1)
    with torch.no_grad():
        first.weight.mul_(3e4)
    network = nn.Sequential(first, nn.ReLU(), last).eval()
    rows = np.random.default_rng(0).normal(size=(64, FEATURES)).astype(np.float32)
    rounding = measure_rounding(network, rows)
    assert rounding > 1e-4
    assert write_network(network, tmp_path / "m.onnx", rows) <= 4 * rounding
