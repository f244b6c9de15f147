"""Odd ONNX files: what a map could not be made of is refused before it is packaged."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from own_card import draw_rows, write_card
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from smmap.export.sklearn_forest import SklearnForest
from smmap.export.write_forest import write_forest
from smmap.model.package import load_model
from smmap.spec.errors import ConfigError, ModelError
from smmap.train.own_model import export_own

ROWS, TRUTH = draw_rows()
ROWS = ROWS.astype(np.float32)
WEIGHTS = np.array([[-0.01], [0.0], [0.002]], np.float32)
FLOAT, DOUBLE, HALF = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16


def node(operator, inputs, output, **attributes):
    return helper.make_node(operator, inputs, [output], **attributes)


def make(*nodes, first=("n", 3), taken=FLOAT, outputs=(("y", FLOAT, ("n", 1)),), weights=WEIGHTS):
    graph = helper.make_graph(
        nodes or [node("MatMul", ["x", "w"], "y")],
        "g",
        [helper.make_tensor_value_info("x", taken, first)],
        [helper.make_tensor_value_info(*one) for one in outputs],
        [numpy_helper.from_array(weights, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


PRODUCT = node("MatMul", ["x", "w"], "y")
CENTRED = [node("ReduceMean", ["x"], "m", axes=[0]), node("Sub", ["x", "m"], "c")]
NOISY = [node("RandomNormalLike", ["x"], "r"), node("Add", ["x", "r"], "c")]
LAST = node("MatMul", ["c", "w"], "y")
HALVES = [
    node("Cast", ["x"], "xh", to=HALF),
    node("Cast", ["w"], "wh", to=HALF),
    node("MatMul", ["xh", "wh"], "yh"),
    node("Cast", ["yh"], "y", to=FLOAT),
]
TAKEN = {
    "plain": make(),
    "float16 inside": make(*HALVES),
    "float64 outside": make(
        PRODUCT, node("Cast", ["y"], "d", to=DOUBLE), outputs=[("d", DOUBLE, ("n", 1))]
    ),
    "columns left open": make(first=("n", "c")),
}
REFUSED = {
    "fixed number of rows": (make(first=(4, 3)), "takes exactly 4 rows at a time"),
    "whole numbers": (make(PRODUCT, taken=TensorProto.INT64), "cannot open it"),
    "sequences": (make(first=("n", 6, 3)), "one float32 input of shape"),
    "two outputs": (
        make(
            PRODUCT,
            node("Neg", ["y"], "z"),
            outputs=[("y", FLOAT, ("n", 1)), ("z", FLOAT, ("n", 1))],
        ),
        "one output, of floating-point numbers; this has y, z",
    ),
    "labels": (
        make(
            PRODUCT,
            node("Cast", ["y"], "l", to=TensorProto.INT64),
            outputs=[("l", TensorProto.INT64, ("n", 1))],
        ),
        "this has l",
    ),
    "norms over the batch": (make(*CENTRED, LAST), "when it comes with other rows"),
    "dice": (make(*NOISY, LAST), "when it comes with other rows"),
    "two columns": (make(outputs=[("y", FLOAT, ("n", 2))], weights=WEIGHTS.repeat(2, 1)), "sm"),
    "percent": (make(weights=100 * WEIGHTS), r"gives 1\d.* nothing within 'valid_range'"),
    "no value": (
        make(node("Sub", ["x", "x"], "z"), node("Div", ["z", "z"], "c"), LAST),
        "gives no value within the training ranges",
    ),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_odd_files_are_taken(tmp_path, kind):
    onnx.save(TAKEN[kind], tmp_path / "m.onnx")
    export_own(tmp_path / "m.onnx", write_card(tmp_path / "c.yaml"), tmp_path / "out")
    found = load_model(tmp_path / "out", "cpu").predict(ROWS)
    # float16 has three digits.
    np.testing.assert_allclose(found, (ROWS @ WEIGHTS)[:, 0], atol=2e-3)
    card = write_card(tmp_path / "c.yaml", missing="model")
    with pytest.raises(ConfigError, match="no value for rows that lack inputs"):
        export_own(tmp_path / "m.onnx", card, tmp_path / "other")


@pytest.mark.parametrize("kind", REFUSED)
def test_odd_files_are_refused(tmp_path, kind):
    model, told = REFUSED[kind]
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(ModelError, match=told):
        export_own(tmp_path / "m.onnx", write_card(tmp_path / "c.yaml"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_classifier_is_refused(tmp_path):
    model = RandomForestClassifier(2, max_depth=2).fit(ROWS, TRUTH > 0.2)
    onnx.save(to_onnx(model, ROWS[:1]), tmp_path / "m.onnx")
    with pytest.raises(ModelError, match="a classifier has none"):
        export_own(tmp_path / "m.onnx", write_card(tmp_path / "c.yaml"), tmp_path / "out")


def test_tensors_in_other_files_come_along(tmp_path):
    """PyTorch writes them so: into the one file whose checksum the card bears."""
    settings = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 0}
    onnx.save_model(make(), tmp_path / "m.onnx", **settings)
    assert (tmp_path / "w.bin").stat().st_size
    export_own(tmp_path / "m.onnx", write_card(tmp_path / "c.yaml"), tmp_path / "out")
    assert not (tmp_path / "out" / "w.bin").exists()
    found = load_model(tmp_path / "out", "cpu").predict(ROWS)
    np.testing.assert_allclose(found, (ROWS @ WEIGHTS)[:, 0], atol=1e-6)
    (tmp_path / "w.bin").unlink()
    with pytest.raises(ModelError, match=r"w\.bin"):
        export_own(tmp_path / "m.onnx", write_card(tmp_path / "c.yaml"), tmp_path / "other")


def test_our_own_tensors_in_another_file_keep_their_checksum(tmp_path):
    forest = RandomForestRegressor(3, max_depth=4, random_state=0).fit(ROWS, TRUTH)
    write_forest(SklearnForest(forest), tmp_path / "m.onnx", external=True)
    card = write_card(tmp_path / "c.yaml", missing="model")
    export_own(tmp_path / "m.onnx", card, tmp_path / "out")
    found = load_model(tmp_path / "out", "cpu").predict(ROWS)
    np.testing.assert_allclose(found, forest.predict(ROWS), rtol=0, atol=1e-6)
    data = tmp_path / "out" / "m.onnx.data"
    data.write_bytes(data.read_bytes()[:-1] + b"?")
    (tmp_path / "out" / "model.onnx.trees").unlink()
    with pytest.raises(ModelError, match=r"m\.onnx\.data: not the file"):
        load_model(tmp_path / "out", "cpu")


def test_tensors_of_other_folders_are_never_copied_out(tmp_path):
    """The name of a file in a file is a stranger's word."""
    forest = RandomForestRegressor(3, max_depth=4, random_state=0).fit(ROWS, TRUTH)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    write_forest(SklearnForest(forest), inner / "m.onnx", external=True)
    (inner / "m.onnx.data").rename(tmp_path / "a" / "d")
    model = onnx.load(inner / "m.onnx", load_external_data=False)
    for one in model.graph.node[0].attribute:
        for entry in one.t.external_data:
            entry.value = "../d" if entry.key == "location" else entry.value
    model.metadata_props[0].key = "sha256:../d"
    onnx.save(model, inner / "m.onnx")
    with pytest.raises(ModelError):
        export_own(inner / "m.onnx", write_card(tmp_path / "c.yaml"), tmp_path / "x" / "y" / "out")
    assert not list((tmp_path / "x").rglob("d"))


def test_features_that_are_not_there_are_noticed_at_once(tmp_path):
    onnx.save(make(), tmp_path / "m.onnx")
    card = write_card(tmp_path / "c.yaml")
    card.write_text(card.read_text().replace("incidence_deg", "incidence"))
    with pytest.raises(ConfigError, match="incidence"):
        export_own(tmp_path / "m.onnx", card, tmp_path / "out")
