"""Packages with windows: what is refused, and that an image's value hangs on nothing else."""

from __future__ import annotations

import copy

import numpy as np
import onnx
import pytest
import yaml
from window_models import COARSE, FINE, WINDOWS, compute_ramp, write_window_model

from smmap.model.package import load_model
from smmap.spec.errors import ConfigError, GoldenError, ModelError
from smmap.store.checksum import compute_sha256
from smmap.train.predict_table import predict_table


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return write_window_model(tmp_path_factory.mktemp("package") / "windows")


def draw(count, rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: rng.random((count, layers, (rows - 1) * step + side, (columns - 1) * step + side))
        .astype(np.float32)
        for name, layers, step, side in (
            ("fine", 2, 32, FINE),
            ("coarse", 1, 2, COARSE),
            ("numbers", 1, 1, 1),
        )
    }  # fmt: skip


def test_values_are_weighted_sums(package):
    model = load_model(package, "cpu", threads=2)
    images = draw(3, 2, 4)
    found = model.estimate_cells(images)
    assert found.shape == (3, 2, 4)
    fine, coarse = compute_ramp(FINE), compute_ramp(COARSE)
    top, left = 32, 3 * 32
    window = images["fine"][2, :, top : top + FINE, left : left + FINE]
    expected = 0.2 * (fine * window[0]).sum() + 0.1 * (fine * window[1]).sum()
    expected += 0.1 * (coarse * images["coarse"][2, 0, 2 : 2 + COARSE, 6 : 6 + COARSE]).sum()
    expected += 0.0002 * images["numbers"][2, 0, 1, 3]
    assert found[2, 1, 3] == pytest.approx(expected, abs=1e-6)


def test_neither_company_nor_threads_change_a_bit(package):
    images = draw(5, 4, 4)
    together = load_model(package, "cpu", threads=3).estimate_cells(images)
    alone = load_model(package, "cpu", threads=1)
    for number in range(5):
        one = {name: values[number : number + 1] for name, values in images.items()}
        np.testing.assert_array_equal(alone.estimate_cells(one)[0], together[number])


def test_images_that_do_not_fit(package):
    model = load_model(package, "cpu")
    images = draw(1, 2, 2)
    with pytest.raises(ModelError, match="branch 'fine' of 2 x 2 cells must have 2 layers"):
        model.estimate_cells(images | {"fine": images["fine"][:, :, :-1]})
    with pytest.raises(ModelError, match="looks at windows"):
        model.predict(np.zeros((3, 4), np.float32))


def test_tables_are_refused(package, tmp_path):
    (tmp_path / "t.csv").write_text("vv,vh\n-10,-18\n")
    with pytest.raises(ModelError, match="no table has them"):
        predict_table(package, tmp_path / "t.csv", tmp_path / "out.csv")


def change_card(folder, change):
    card = yaml.safe_load((folder / "card.yaml").read_text())
    change(card)
    (folder / "card.yaml").write_text(yaml.safe_dump(card))


@pytest.mark.parametrize(
    "key, value, said",
    [
        ("cell_m", 325, "'pixel_m' of branch 'fine' does not divide 'cell_m'"),
        ("window", 63, "as far beyond the cell on all sides"),
        ("inputs", ["vv", "absent"], "which are no inputs"),
        ("inputs", ["vv", "vv_coarse"], "in two branches"),
        ("fills", {"vv": -15.0}, "'fills' of a branch must name each of its inputs"),
        ("name", "numbers", "names of branches repeat"),
    ],
)
def test_windows_that_cannot_be(tmp_path, key, value, said):
    windows = copy.deepcopy(WINDOWS)
    (windows if key in windows else windows["branches"][0])[key] = value
    folder = write_window_model(tmp_path / "windows", windows=windows)
    with pytest.raises(ConfigError, match=said):
        load_model(folder, "cpu")


@pytest.mark.parametrize("change", [{"missing": "model"}, {"inputs": None}])
def test_cards_that_windows_do_not_go_with(tmp_path, change):
    if change.get("inputs", 0) is None:  # no input is left that is one number a cell
        card = yaml.safe_load((write_window_model(tmp_path / "a") / "card.yaml").read_text())
        change = {"inputs": card["inputs"][:3]}
    folder = write_window_model(tmp_path / "windows", **change)
    with pytest.raises(ConfigError, match="'windows'"):
        load_model(folder, "cpu")


def test_a_file_that_takes_other_inputs(tmp_path):
    folder = write_window_model(tmp_path / "windows")
    model = onnx.load(folder / "model.onnx")
    for node in model.graph.node:
        node.input[:] = ["other" if name == "coarse" else name for name in node.input]
    next(one for one in model.graph.input if one.name == "coarse").name = "other"
    onnx.save(model, folder / "model.onnx")
    sha256 = compute_sha256(folder / "model.onnx")
    change_card(folder, lambda card: card["members"][0].update(sha256=sha256))
    with pytest.raises(ModelError, match="must take images fine, coarse, numbers"):
        load_model(folder, "cpu")


def test_golden_outputs_that_do_not_come_back(tmp_path):
    folder = write_window_model(tmp_path / "windows")
    with np.load(folder / "golden.npz") as file:
        arrays = dict(file)
    np.savez(folder / "golden.npz", **arrays | {"outputs": arrays["outputs"] + 0.01})
    sha256 = compute_sha256(folder / "golden.npz")
    change_card(folder, lambda card: card["golden"].update(sha256=sha256))
    with pytest.raises(GoldenError, match="golden outputs do not come back"):
        load_model(folder, "cpu")
