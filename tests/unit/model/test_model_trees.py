"""Which engine runs a tree ensemble, and that it does not matter for what comes out."""

import logging
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from tree_files import (
    Forest,
    Leaf,
    make_forest,
    make_model,
    make_pixels,
    make_regressor,
    walk,
    write_forest,
)

from smmap.model.open_session import open_session
from smmap.model.package import load_model
from smmap.spec.errors import ConfigError, DeviceError, ModelError
from smmap.trees.kernels import list_kernels

FOREST = make_forest(np.random.default_rng(1), trees=10, depth=6)
PIXELS = make_pixels(np.random.default_rng(2), FOREST, 200)
EXPECTED = walk(FOREST, PIXELS)[:, 0]
RUNTIME = f"onnxruntime {ort.__version__}"


@pytest.fixture
def path(tmp_path):
    return write_forest(FOREST, tmp_path / "model.onnx")


def test_trees_run_in_the_tree_engine(path):
    model = load_model(path, "auto", threads=2)
    assert model.placement.engine == f"smmap trees {list_kernels()[0]}"
    assert (model.placement.asked, model.placement.got, model.features) == ("auto", "cpu", 3)
    np.testing.assert_array_equal(model.predict(PIXELS), EXPECTED)


@pytest.mark.parametrize("kernel", [*list_kernels(), "off"])
def test_the_environment_chooses_the_kernel(path, monkeypatch, kernel, caplog):
    monkeypatch.setenv("SMMAP_TREE_KERNEL", kernel)
    model = load_model(path, "cpu")
    engine = RUNTIME if kernel == "off" else f"smmap trees {kernel}"
    assert model.placement.engine == engine
    np.testing.assert_array_equal(model.predict(PIXELS), EXPECTED)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_kernel_that_is_not_there(path, monkeypatch):
    monkeypatch.setenv("SMMAP_TREE_KERNEL", "avx1024")
    with pytest.raises(ConfigError, match=r"SMMAP_TREE_KERNEL=avx1024: .*scalar.*off"):
        load_model(path, "cpu")


@pytest.mark.skipif(
    "CUDAExecutionProvider" in ort.get_available_providers(), reason="there is a GPU runtime"
)
def test_cuda_is_still_required_where_it_is_asked_for(path):
    with pytest.raises(DeviceError, match="'cuda' was required"):
        load_model(path, "cuda")


def test_what_the_engine_does_not_take_goes_to_onnx_runtime(path, caplog):
    caplog.set_level(logging.INFO)
    attributes = make_regressor(FOREST) | {"aggregate_function": "MAX", "base_values": [0.0]}
    onnx.save(make_model(attributes, features=3), path)
    model = load_model(path, "cpu")
    assert model.placement.engine == RUNTIME
    assert "largest leaf; ONNX Runtime runs it" in caplog.text


def test_a_broken_ensemble_is_refused(path):
    attributes = make_regressor(FOREST)
    attributes["nodes_truenodeids"] = [10**6] * len(attributes["nodes_truenodeids"])
    onnx.save(make_model(attributes, features=3), path)
    with pytest.raises(ModelError, match=r"model\.onnx: .*export the model again"):
        load_model(path, "cpu")


def test_what_onnx_runtime_refuses_too_is_told_once(path, capfd):
    attributes = make_regressor(FOREST) | {"post_transform": "SQUARE"}
    onnx.save(make_model(attributes, features=3), path)
    with pytest.raises(ModelError, match=r"model\.onnx: ONNX Runtime cannot open it"):
        load_model(path, "cpu")
    assert capfd.readouterr().err == ""


def test_what_cannot_be_read_is_told(tmp_path):
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ModelError, match=r"folder\.onnx: ONNX Runtime cannot open it"):
        open_session(tmp_path / "folder.onnx", "cpu", 1)


def test_pixels_that_do_not_fit_name_the_file(path, tmp_path, write_package):
    forest = Forest([Leaf({0: 0.25})], 3)
    write_forest(forest, path)
    write_package(tmp_path, (np.zeros((1, 3)), [0.25]))
    assert load_model(tmp_path).predict(np.zeros((2, 3))).tolist() == [0.25, 0.25]
    with pytest.raises(ModelError, match=r"shape \(n, 3\)"):
        load_model(path).predict(np.zeros((2, 4)))


def test_gaps_of_a_card_that_calls_them_invalid(path, tmp_path, write_package):
    whole = np.isfinite(PIXELS).all(axis=1)
    golden = (PIXELS, np.where(whole, EXPECTED, np.nan))
    write_package(tmp_path, golden)
    found = load_model(tmp_path).predict(PIXELS)
    np.testing.assert_array_equal(found, np.where(whole, EXPECTED, np.nan))


def test_members_are_weighted_whatever_runs_them(path, tmp_path, save_linear, write_package):
    save_linear(tmp_path / "linear.onnx", [[1.0], [0.0], [0.0]], [0.0])
    rows = np.array([[0.5, 0.25, 1.0], [2.0, 0.0, -1.0]], np.float32)
    mixed = 0.75 * walk(FOREST, rows)[:, 0] + 0.25 * rows[:, 0]
    write_package(tmp_path, (rows, mixed), ("model.onnx", "linear.onnx"), [3.0, 1.0])
    model = load_model(tmp_path)
    np.testing.assert_allclose(model.predict(rows), mixed, rtol=1e-7)
    trees = f"smmap trees {list_kernels()[0]}"
    assert model.placement.engine == f"{trees}, {RUNTIME}"
    assert model.placement.got == "cpu"


def test_without_the_extension_there_is_one_warning(path):
    script = (
        "import sys; sys.modules['smmap.trees._kernel'] = None\n"
        "import logging; logging.basicConfig(level='WARNING')\n"
        "from smmap.model.package import load_model\n"
        "for _ in range(3):\n"
        "    print(load_model(sys.argv[1]).placement.engine)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [RUNTIME] * 3
    assert done.stderr.count("the tree engine was not built") == 1
