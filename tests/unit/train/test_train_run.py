"""Training writes a complete package, the same each time."""

import hashlib

import numpy as np
import pytest
import yaml
from onnxruntime import InferenceSession

from smmap.features.registry import get_feature
from smmap.spec.card import ModelCard
from smmap.spec.errors import ConfigError, ModelError, StoreError
from smmap.train.run import run_training

FILES = {"card.yaml", "model.onnx", "golden.npz", "domain.npz"}


def load_card(folder):
    text = (folder / "card.yaml").read_text()
    return ModelCard.parse(yaml.safe_load(text), str(folder / "card.yaml"))


def test_package_is_complete_and_its_checksums_hold(rough):
    assert {path.name for path in rough.iterdir()} == FILES
    card = load_card(rough)
    for part in (*card.members, card.golden, card.domain):
        assert hashlib.sha256((rough / part.file).read_bytes()).hexdigest() == part.sha256
    assert [(one.feature, one.options) for one in card.inputs] == [
        ("backscatter_db", {"polarisation": "vv"}),
        ("incidence_deg", {}),
        ("ndvi", {}),
    ]
    assert card.version.endswith(card.members[0].sha256[:8])


def test_features_are_registered(rough):
    for column in load_card(rough).inputs:
        get_feature(column, "card.yaml")


def test_golden_rows_come_back_and_follow_missing(rough):
    golden = np.load(rough / "golden.npz")
    lacking = np.isnan(golden["inputs"]).any(axis=1)
    assert lacking.sum() == 3
    assert np.array_equal(np.isnan(golden["outputs"]), lacking)
    session = InferenceSession(rough / "model.onnx", providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, {"inputs": golden["inputs"][~lacking]})
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(
        outputs[:, 0], golden["outputs"][~lacking], atol=load_card(rough).golden.tolerance
    )


def test_domain_grid_fits_its_edges(rough):
    domain = np.load(rough / "domain.npz")
    edges = [domain[f"edges_{i}"] for i in range(3)]
    assert domain["occupied"].dtype == bool
    assert domain["occupied"].shape == tuple(len(edge) - 1 for edge in edges)
    assert all(np.all(np.diff(edge) > 0) for edge in edges)

    def is_occupied(*row):
        at = [np.searchsorted(edge, value) - 1 for edge, value in zip(edges, row, strict=True)]
        return domain["occupied"][tuple(at)]

    assert is_occupied(-11.0, 38.2, 0.52)
    assert not is_occupied(-24.0, 38.2, 0.52)
    assert not is_occupied(1.0, 38.2, 0.52)


def test_same_seed_same_bytes_and_other_seed_others(rough, tmp_path):
    run_training("physics", tmp_path / "again", cases=20_000, epochs=3)
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (rough / name).read_bytes()
    run_training("physics", tmp_path / "again", cases=1000, epochs=1, seed=7)
    changed = load_card(tmp_path / "again")
    assert changed.version != load_card(rough).version
    assert changed.training["seed"] == 7


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="not empty"):
        run_training("physics", tmp_path, cases=1000, epochs=1)


@pytest.mark.parametrize("options", [{"name": "magic"}, {"cases": 10}, {"epochs": 0}, {"seed": -1}])
def test_impossible_requests_are_refused(tmp_path, options):
    with pytest.raises(ConfigError):
        run_training(options.pop("name", "physics"), tmp_path / "out", **options)


def test_an_export_that_differs_is_refused(rough):
    import torch

    from smmap.train.export import check_export
    from smmap.train.network import Network

    stranger = Network(torch.zeros(3), torch.ones(3))
    rows = np.load(rough / "golden.npz")["inputs"][:10]
    with pytest.raises(ModelError, match="differs"):
        check_export(stranger, (rough / "model.onnx").read_bytes(), rows)


def test_training_leaves_torch_as_it_was(tmp_path):
    import torch

    torch.manual_seed(5)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    run_training("physics", tmp_path / "out", cases=1000, epochs=1)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
