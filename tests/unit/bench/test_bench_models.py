"""Models of the published shapes: what the file gives is what the library gives."""

import numpy as np
import pytest
import torch

from smmap.bench.make_models import make_models
from smmap.bench.network_file import load_network
from smmap.bench.settings import NATIVE, WEIGHTS
from smmap.bench.shapes import NETWORK_SHAPES, TREE_SHAPES
from smmap.bench.torch_networks import build_network, sparsemax
from smmap.bench.trees import _open_xgboost
from smmap.spec.errors import ConfigError


def test_published_shapes():
    assert [(one.trees, one.options["max_depth"], one.inputs) for one in TREE_SHAPES] == [
        (1000, 10, 11),
        (2500, 19, 33),
        (800, 35, 11),
        (2500, 32, 33),
    ]


def test_sparsemax_is_the_projection_onto_the_simplex():
    # Martins and Astudillo 2016, section 2: by hand for two and three numbers.
    rows = torch.tensor([[0.5, 0.0, -5.0], [2.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    expected = torch.tensor([[0.75, 0.25, 0.0], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    torch.testing.assert_close(sparsemax(rows), expected)


@pytest.mark.parametrize("shape", NETWORK_SHAPES, ids=lambda shape: shape.name)
def test_networks_are_the_same_each_time(shape):
    one, two = build_network(shape), build_network(shape)
    rows = torch.zeros(3, shape.inputs)
    assert one(rows).shape == (3, 1)
    assert torch.equal(one(rows), two(rows))


def test_a_damaged_model_of_a_yardstick_is_told(tmp_path):
    for name in (NATIVE, WEIGHTS):
        (tmp_path / name).write_bytes(b"x" * 99)
    with pytest.raises(ConfigError, match=rf"{NATIVE}: damaged.*smmap bench models"):
        _open_xgboost(tmp_path / NATIVE, np.zeros((1, 11), np.float32), 1)
    with pytest.raises(ConfigError, match=rf"{WEIGHTS}: damaged.*smmap bench models"):
        load_network(tmp_path, NETWORK_SHAPES[0])


def test_a_missing_library_is_named_with_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("smmap.bench.settings.find_spec", lambda name: name != "xgboost" or None)
    with pytest.raises(ConfigError, match=r"xgboost.*smmap\[bench\]"):
        next(make_models(tmp_path, small=True))
