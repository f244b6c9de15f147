import hashlib

import numpy as np
import onnxruntime as ort
import pytest
import yaml

from smmap.data import get_folder
from smmap.model.package import find_package, load_applicability, load_card, load_model
from smmap.spec.errors import ConfigError, DeviceError, GoldenError, ModelError

WEIGHTS = [[0.5], [0.25], [-1.0]]
ROWS = [[1, 2, 3], [0, 0, 0], [4, -4, 0.5]]
SM = [1 * 0.5 + 2 * 0.25 - 3 + 0.125, 0.125, 4 * 0.5 - 4 * 0.25 - 0.5 + 0.125]
"""By hand; every number is a sum of powers of two, so exact."""


@pytest.fixture
def package(tmp_path, save_linear, write_package):
    save_linear(tmp_path / "model.onnx", WEIGHTS, [0.125])
    return write_package(tmp_path, (ROWS, SM))


def edit(package, **changes):
    card = yaml.safe_load((package / "card.yaml").read_text())
    (package / "card.yaml").write_text(yaml.safe_dump(card | changes))


def test_opens_by_path_and_gives_what_the_card_says(package):
    model = load_model(package, "cpu")
    np.testing.assert_array_equal(model.predict(np.array(ROWS)), np.array(SM, np.float32))
    assert model.card.name == "trial"
    assert model.features == 3
    assert (model.placement.asked, model.placement.got) == ("cpu", "cpu")
    assert model.placement.engine == f"onnxruntime {ort.__version__}"


def test_opens_by_name():
    assert find_package("physics") == get_folder("models") / "physics"
    assert load_model("physics").card.name == "physics"


def test_opens_a_bare_file(package):
    model = load_model(package / "model.onnx")
    assert model.card is None
    assert (model.features, model.missing) == (3, "model")
    np.testing.assert_array_equal(model.predict(np.array(ROWS)), np.array(SM, np.float32))


def test_unknown_name_lists_the_packaged(tmp_path):
    for name in ("phisics", tmp_path):
        with pytest.raises(ModelError, match=r"no model .*physics"):
            load_model(name)


def test_a_missing_member_is_named(package):
    (package / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx: the card names this file"):
        load_model(package)


def test_a_changed_member_is_refused(package, save_linear):
    save_linear(package / "model.onnx", WEIGHTS, [0.25])
    with pytest.raises(ModelError, match=r"model\.onnx: checksum .* is not the card's"):
        load_model(package)


def test_a_member_that_cannot_be_read_is_named(package):
    (package / "model.onnx").unlink()
    (package / "model.onnx").symlink_to("/proc/self/mem")  # opens, and fails at the first byte
    with pytest.raises(ModelError, match=r"model\.onnx: .*Input/output error.* may not be read"):
        load_model(package)


def test_a_truncated_member_is_refused(package):
    path = package / "model.onnx"
    path.write_bytes(path.read_bytes()[:-40])
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(package, members=[{"file": "model.onnx", "sha256": sha256}])
    with pytest.raises(ModelError, match=r"model\.onnx: ONNX Runtime cannot open it"):
        load_model(package)


def test_golden_outputs_must_come_back(package, write_package):
    write_package(package, (ROWS, [SM[0], SM[1] + 1e-3, SM[2]]))
    with pytest.raises(GoldenError, match=r"largest difference 0\.001"):
        load_model(package)


@pytest.mark.parametrize("output", [np.nan, np.inf])
def test_golden_gaps_must_come_back(package, write_package, output):
    write_package(package, (ROWS, [SM[0], output, SM[2]]))
    with pytest.raises(GoldenError, match="rows: False"):
        load_model(package)


def test_golden_rows_may_be_gaps_where_the_model_has_them(package, write_package):
    write_package(package, ([[np.nan, 0, 0], ROWS[0]], [np.nan, SM[0]]))
    load_model(package)


@pytest.mark.parametrize(
    "golden",
    [
        ([[1, 2]], [0.1]),
        (ROWS, [[value] for value in SM]),
        (ROWS, SM[:2]),
        (np.zeros((0, 3)), []),
    ],
)
def test_golden_of_another_shape_is_refused(package, write_package, golden):
    write_package(package, golden)
    with pytest.raises(ModelError, match="do not fit the card"):
        load_model(package)


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", b"", b"text", b"\x93NUMPY"])
def test_golden_that_is_no_npz_is_refused(package, content):
    path = package / "golden.npz"
    path.write_bytes(content)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    edit(package, golden={"file": "golden.npz", "sha256": sha256})
    with pytest.raises(ModelError, match=r"golden\.npz: cannot be read"):
        load_model(package)


@pytest.mark.parametrize(
    "changes, said",
    [
        (
            {"radiometry": "sigma"},
            ["'radiometry'", "sigma0_ellipsoid", "gamma0_terrain", "'sigma'"],
        ),
        ({"mising": "invalid"}, ["unknown key 'mising'", "missing", "inputs"]),
        ({"missing": "zero"}, ["'missing'", "invalid", "model"]),
        ({"members": [{"file": "a", "sha256": "0"}]}, ["'members.0.sha256'"]),
        ({"inputs": []}, ["'inputs'"]),
        ({"output": {"columns": ["log_variance"]}}, ["'output'", "first column must be 'sm'"]),
    ],
)
def test_a_wrong_card_names_file_key_and_allowed_values(package, changes, said):
    edit(package, **changes)
    with pytest.raises(ConfigError) as caught:
        load_model(package)
    for text in [str(package / "card.yaml"), *said]:
        assert text in str(caught.value)


def test_a_card_that_is_no_yaml(package):
    (package / "card.yaml").write_text("name: [")
    with pytest.raises(ConfigError, match=r"card\.yaml: cannot be read as YAML"):
        load_card(package)


def test_a_member_with_other_features_is_refused(package, save_linear, write_package):
    save_linear(package / "model.onnx", [[1.0], [1.0]], [0.0])
    write_package(package, (ROWS, SM))
    with pytest.raises(ModelError, match="takes 2 features, the card names 3"):
        load_model(package)


def test_a_member_that_hides_its_features_is_refused_when_it_runs(
    package, save_linear, write_package
):
    save_linear(package / "model.onnx", [[1.0], [1.0]], [0.0], features="any")
    write_package(package, (ROWS, SM))
    with pytest.raises(ModelError, match=r"model\.onnx: no prediction from 3 features"):
        load_model(package)


@pytest.mark.skipif(
    "CUDAExecutionProvider" in ort.get_available_providers(), reason="there is a GPU runtime"
)
def test_a_device_that_is_not_there(package):
    with pytest.raises(DeviceError, match=r"'cuda' was required .*CPUExecutionProvider"):
        load_model(package, "cuda")
    assert load_model(package, "auto").placement.got == "cpu"


def test_an_unknown_device(package):
    with pytest.raises(ConfigError, match="auto, cpu, cuda"):
        load_model(package, "tpu")


def test_applicability(package, write_package):
    assert load_applicability(package) is None
    occupied = np.array([[True, False], [False, True], [True, True]])
    np.savez(
        package / "domain.npz", occupied=occupied, edges_0=[0, 1, 2, 3], edges_1=[0.0, 0.5, 1.0]
    )
    sha256 = hashlib.sha256((package / "domain.npz").read_bytes()).hexdigest()
    domain = {"file": "domain.npz", "sha256": sha256, "inputs": ["vv_db", "ndvi"]}
    edit(package, domain=domain)
    found = load_applicability(package)
    assert found.inputs == ("vv_db", "ndvi")
    np.testing.assert_array_equal(found.occupied, occupied)
    np.testing.assert_array_equal(found.edges[0], [0, 1, 2, 3])
    edit(package, domain=domain | {"inputs": ["ndvi"]})
    with pytest.raises(ModelError, match="does not fit its edges"):
        load_applicability(package)


def test_the_packaged_models_domain_opens():
    found = load_applicability(get_folder("models") / "physics")
    assert found.occupied.ndim == len(found.inputs) == 3
    assert 0 < found.occupied.mean() < 1
