"""Training writes a complete package, the same each time."""

import hashlib

import numpy as np
import pytest
import yaml
from onnxruntime import InferenceSession

from smmap.data import get_folder
from smmap.features.registry import get_feature
from smmap.spec.card import ModelCard
from smmap.spec.errors import ConfigError, ModelError, StoreError
from smmap.spec.simulated_training import SimulatedRecipe
from smmap.train.run import load_simulated, run_training

QUICK = load_simulated("physics").change(1000, 1, None)
VV = {
    "name": "vv_db",
    "feature": "backscatter_db",
    "options": {"polarisation": "vv"},
    "units": "dB",
}
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
    run_training(load_simulated("physics").shrink(), tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (rough / name).read_bytes()
    run_training(QUICK.change(None, None, 7), tmp_path / "again")
    changed = load_card(tmp_path / "again")
    assert changed.version != load_card(rough).version
    assert changed.training["seed"] == 7


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="not empty"):
        run_training(QUICK, tmp_path)


@pytest.mark.parametrize("numbers", [(10, None, None), (None, 0, None), (None, None, -1)])
def test_impossible_requests_are_refused(numbers):
    with pytest.raises(ConfigError, match="greater than or equal"):
        QUICK.change(*numbers)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"inputs": [{"name": "lai", "feature": "lai", "units": "1"}]}, "simulation holds"),
        ({"output": {"columns": ["sm"]}}, "log_variance"),
        ({"simulated": {"case": 5}}, "case"),
        ({"inputs": [VV, VV]}, "twice"),
        ({"inputs": [VV | {"training_range": [-20, -5]}]}, "training_range"),
    ],
)
def test_recipes_that_cannot_be_simulated(change, said):
    with pytest.raises(ConfigError, match=said):
        SimulatedRecipe.parse(QUICK.model_dump() | change, "recipe.yaml")


def test_recipes_of_tables_are_told_apart(tmp_path):
    assert load_simulated("wang2026-rf") is None
    assert load_simulated("no-such") is None
    (tmp_path / "list.yaml").write_text("[]")
    assert load_simulated(str(tmp_path / "list.yaml")) is None


def test_the_packaged_models_are_of_their_recipes():
    for name in ("physics", "physics-vvvh"):
        recipe = load_simulated(name)
        card = load_card(get_folder("models") / name)
        assert (card.title, card.description) == (recipe.title, recipe.description)
        assert (card.expectations, card.citations) == (recipe.expectations, recipe.citations)
        assert card.output == recipe.output
        assert [one.model_copy(update={"training_range": None}) for one in card.inputs] == list(
            recipe.inputs
        )
        assert card.training["cases"] == recipe.simulated.cases
        assert (card.training["seed"], card.training["epochs"]) == (recipe.seed, recipe.epochs)


def test_the_form_with_both_polarisations_stays_below_its_ndvi(tmp_path):
    recipe = load_simulated("physics-vvvh").change(5000, 1, None)
    run_training(recipe, tmp_path / "m")
    card = load_card(tmp_path / "m")
    assert [one.name for one in card.inputs] == ["vv_db", "vh_db", "incidence_deg", "ndvi"]
    assert card.inputs[3].training_range[1] <= 0.4
    assert card.domain.inputs == ("vv_db", "incidence_deg", "ndvi")
    domain = np.load(tmp_path / "m" / "domain.npz")
    assert not domain["occupied"][..., domain["edges_2"][:-1] >= 0.4].any()
    assert set(card.metrics["simulated_baghdadi2016"]["by_ndvi"]) <= {
        "0..0.2",
        "0.2..0.4",
        "0.4..0.6",
    }
    golden = np.load(tmp_path / "m" / "golden.npz")
    assert np.isnan(golden["inputs"]).sum() == 4


def test_an_export_that_differs_is_refused(rough):
    import torch

    from smmap.fit.network import Network
    from smmap.train.export import check_export

    stranger = Network(torch.zeros(3), torch.ones(3))
    rows = np.load(rough / "golden.npz")["inputs"][:10]
    with pytest.raises(ModelError, match="differs"):
        check_export(stranger, (rough / "model.onnx").read_bytes(), rows)


def test_training_leaves_torch_as_it_was(tmp_path):
    import torch

    torch.manual_seed(5)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    run_training(QUICK, tmp_path / "out")
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
