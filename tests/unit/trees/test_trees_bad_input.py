"""Damaged files are refused in words before any pixel; files that are not ours are left alone."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tree_files import Branch, Forest, Leaf, make_ensemble, make_model, make_regressor

from smmap.spec.errors import ModelError, UnsuitedError
from smmap.trees.engine import load_engine

LEAVES = [Leaf({0: 0.25}), Leaf({0: 0.5}), Leaf({0: 1.0})]
FOREST = Forest(
    [
        Branch(0, "BRANCH_LT", 0.5, False, LEAVES[0], LEAVES[1]),
        Branch(
            1,
            "BRANCH_LEQ",
            2.0,
            True,
            Branch(0, "BRANCH_LT", 0.1, False, LEAVES[0], LEAVES[1]),
            LEAVES[2],
        ),
    ],
    2,
)
"""Numbers of nodes: 0 (1 2); 0 (1 2), 1 (3 4)."""


def edit(attributes, name, place, value):
    changed = list(attributes[name])
    changed[place] = value
    return {**attributes, name: changed}


def save(tmp_path, attributes, **settings):
    model = make_model(attributes, **{"features": 2, **settings})
    onnx.save(model, tmp_path / "m.onnx")
    return tmp_path / "m.onnx"


@pytest.mark.parametrize(
    "name, place, value, said",
    [
        ("nodes_truenodeids", 3, 9, "'nodes_truenodeids' names a node that is not there"),
        ("nodes_falsenodeids", 0, -1, "'nodes_falsenodeids' names a node that is not there"),
        ("nodes_falsenodeids", 0, 2**40, "'nodes_falsenodeids' holds no whole numbers"),
        ("nodes_truenodeids", 4, 0, "tree 1 is no tree"),  # a cycle
        ("nodes_truenodeids", 4, 4, "tree 1 is no tree"),  # two parents
        ("nodes_falsenodeids", 0, 1, "tree 0 is no tree"),  # both children the same
        ("nodes_falsenodeids", 0, 0, "tree 0 is no tree"),  # to itself
        ("nodes_nodeids", 1, 0, "two nodes of a tree have the same number"),
        ("nodes_featureids", 3, 2, "asks for feature 2 of 2"),
        ("nodes_featureids", 3, -3, "asks for feature -3 of 2"),
        ("nodes_modes", 0, "BRANCH_LESS", "mode that is not known"),
        ("nodes_modes", 0, "LEAF", "leaf has no weight"),
        ("nodes_values", 0, np.nan, "threshold is NaN"),
        ("target_ids", 0, 1, "target is not one of 1"),
        ("target_ids", 0, -1, "target is not one of 1"),
        ("target_nodeids", 0, 7, "'target_nodeids' names a node"),
        ("target_treeids", 0, 7, "'target_nodeids' names a node"),
        ("target_nodeids", 0, 0, "leaf has no weight"),
    ],
)
def test_a_damaged_number_is_named(tmp_path, name, place, value, said):
    path = save(tmp_path, edit(make_regressor(FOREST), name, place, value))
    with pytest.raises(ModelError, match=said) as caught:
        load_engine(path)
    assert not isinstance(caught.value, UnsuitedError)
    assert "m.onnx" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [name for name, value in make_regressor(FOREST).items() if isinstance(value, list)],
)
def test_lists_have_one_length(tmp_path, name):
    attributes = make_regressor(FOREST)
    for cut in (attributes[name][:-1], attributes[name] + attributes[name][:1]):
        path = save(tmp_path, {**attributes, name: cut})
        with pytest.raises(ModelError, match=r"values, not|has no weight|is not there"):
            load_engine(path)


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"n_targets": 0}, "'n_targets' is 0"),
        ({"n_targets": -4}, "'n_targets' is -4"),
        ({"base_values": [1.0, 2.0]}, "2 values, not 1"),
        ({"aggregate_function": "PRODUCT"}, "PRODUCT"),
    ],
)
def test_damaged_settings(tmp_path, changes, said):
    with pytest.raises(ModelError, match=said):
        load_engine(save(tmp_path, {**make_regressor(FOREST), **changes}))


@pytest.mark.parametrize(
    "name, place, value, said",
    [
        ("nodes_truenodeids", 1, 3, "names a node or leaf that is not there"),
        ("nodes_falsenodeids", 0, 5, "names a node or leaf that is not there"),
        ("nodes_falsenodeids", 0, -1, "names a node or leaf that is not there"),
        ("nodes_truenodeids", 1, 1, "are no trees"),  # to itself
        ("nodes_truenodeids", 1, 0, "are no trees"),  # into the other tree
        ("nodes_trueleafs", 1, 1, "are no trees"),  # a branch hangs on none
        ("tree_roots", 0, 3, "'tree_roots' names a node"),
        ("tree_roots", 0, 1, "are no trees"),
        ("leaf_targetids", 0, 1, "target is not one of 1"),
    ],
)
def test_a_damaged_number_of_version_5(tmp_path, name, place, value, said):
    path = save(tmp_path, edit(make_ensemble(FOREST), name, place, value), opset=5)
    with pytest.raises(ModelError, match=said):
        load_engine(path)


@pytest.mark.parametrize(
    "name, array, said",
    [
        ("nodes_splits", np.array([0.5, np.nan, 1], np.float32), "threshold is NaN"),
        ("nodes_splits", np.array([0.5], np.float32), "1 values, not 3"),
        ("nodes_modes", np.array([0, 9, 0], np.uint8), "mode that is not known"),
        ("nodes_modes", np.array([0, 1, 0], np.int32), "not a tensor of uint8"),
        ("leaf_weights", np.array([0.5], np.float32), "1 values, not 5"),
    ],
)
def test_a_damaged_tensor_of_version_5(tmp_path, name, array, said):
    tensor = onnx.numpy_helper.from_array(array)
    path = save(tmp_path, {**make_ensemble(FOREST), name: tensor}, opset=5)
    with pytest.raises(ModelError, match=said):
        load_engine(path)


def test_a_tensor_that_claims_more_than_it_has(tmp_path):
    tensor = onnx.numpy_helper.from_array(np.zeros(3, np.float32))
    tensor.dims[0] = 2**60
    path = save(tmp_path, {**make_ensemble(FOREST), "nodes_splits": tensor}, opset=5)
    with pytest.raises(ModelError, match="cannot be read"):
        load_engine(path)


def as_tensor(values, dtype):
    return onnx.numpy_helper.from_array(np.array(values, dtype))


@pytest.mark.parametrize(
    "changes",
    [
        {"post_transform": "LOGISTIC"},
        {"aggregate_function": "MAX"},
        {"nodes_modes": ["BRANCH_EQ", *make_regressor(FOREST)["nodes_modes"][1:]]},
        {"nodes_values": None, "nodes_values_as_tensor": as_tensor([0.5] * 8, np.float64)},
        {"n_targets": 10**6},
        {"nodes_value": [0.5] * 8},  # misspelled
        {"n_targets": 1.0},
        {"nodes_featureids": as_tensor([[0, 0]] * 8, np.int32)},
        {"nodes_featureids": as_tensor(0, np.int32)},
    ],
)
def test_not_ours(tmp_path, changes):
    attributes = {**make_regressor(FOREST), **changes}
    attributes = {name: value for name, value in attributes.items() if value is not None}
    with pytest.raises(UnsuitedError):
        load_engine(save(tmp_path, attributes))


@pytest.mark.parametrize("version", [2**31, 6, 0, -1])
def test_another_version_of_the_operator_is_not_ours(tmp_path, version):
    model = make_model(make_regressor(FOREST), features=2)
    model.opset_import[1].version = version
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(UnsuitedError, match=f"version {version} of ai.onnx.ml"):
        load_engine(tmp_path / "m.onnx")


def test_an_attribute_that_comes_twice_is_not_ours(tmp_path):
    model = make_model(make_regressor(FOREST), features=2)
    node = model.graph.node[0]
    node.attribute.append(node.attribute[0])
    onnx.save(model, tmp_path / "m.onnx")
    with pytest.raises(UnsuitedError, match="twice"):
        load_engine(tmp_path / "m.onnx")


def test_two_weights_of_one_leaf_are_not_ours(tmp_path):
    attributes = make_regressor(FOREST)
    for name in ("target_treeids", "target_nodeids", "target_ids", "target_weights"):
        attributes[name] = attributes[name] + attributes[name][:1]
    with pytest.raises(UnsuitedError, match="two weights"):
        load_engine(save(tmp_path, attributes))


def build(nodes, constants=(), output="y", dims=("n", 2), kind=TensorProto.FLOAT):
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, dims)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
        list(constants),
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def tree(source="x", to="t"):
    return helper.make_node(
        "TreeEnsembleRegressor", [source], [to], domain="ai.onnx.ml", **make_regressor(FOREST)
    )


def constant(values, dtype=np.float32):
    return onnx.numpy_helper.from_array(np.array(values, dtype), "c")


def build_with_sparse():
    model = build([tree(), helper.make_node("Add", ["t", "c"], ["y"])], [constant([1.0])])
    one = onnx.numpy_helper.from_array(np.array([0]), "place")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(constant([2.0]), one, [1]))
    return model


GRAPHS = {
    "scaled": build([tree(), helper.make_node("Mul", ["t", "c"], ["y"])], [constant([2.0])]),
    "a sum of two": build([tree(), tree(to="u"), helper.make_node("Add", ["t", "u"], ["y"])]),
    "before": build([helper.make_node("Abs", ["x"], ["a"]), tree("a", "y")]),
    "beside": build([tree(to="y"), helper.make_node("Abs", ["x"], ["z"])]),
    "an odd constant": build(
        [tree(), helper.make_node("Add", ["t", "c"], ["y"])], [constant([[1.0], [2.0]])]
    ),
    "a row of pixels": build(
        [tree(), helper.make_node("Reshape", ["t", "c"], ["y"])], [constant([1, -1], np.int64)]
    ),
    "no tree": build([helper.make_node("Abs", ["x"], ["y"])]),
    "its input": build([helper.make_node("Abs", ["x"], ["z"])], output="x"),
    "a ring": build(
        [helper.make_node("Identity", ["z"], ["y"]), helper.make_node("Identity", ["y"], ["z"])]
    ),
    "float64 pixels": build([tree(to="y")], kind=TensorProto.DOUBLE),
    "images": build([tree(to="y")], dims=("n", 2, 2)),
    "a constant of the trees' name": build([tree(to="c")], [constant([1.0])], output="c"),
    "two constants of one name": build(
        [tree(), helper.make_node("Add", ["t", "c"], ["y"])], [constant([1.0]), constant([2.0])]
    ),
    "a constant that is dense and sparse": build_with_sparse(),
}


@pytest.mark.parametrize("kind", GRAPHS)
def test_graphs_that_are_more_than_trees_are_not_ours(tmp_path, kind):
    onnx.save(GRAPHS[kind], tmp_path / "m.onnx")
    with pytest.raises(UnsuitedError):
        load_engine(tmp_path / "m.onnx")


@pytest.mark.parametrize("content", [b"", b"\x00", b"TreeEnsemble", b"\xff" * 99])
def test_no_onnx_file(tmp_path, content):
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(UnsuitedError):
        load_engine(tmp_path / "m.onnx")


TAILS = {
    "identity": [helper.make_node("Identity", ["t"], ["y"])],
    "cast": [helper.make_node("Cast", ["t"], ["y"], to=TensorProto.FLOAT)],
    "reshape": [helper.make_node("Reshape", ["t", "c"], ["y"])],
    "flatten": [helper.make_node("Flatten", ["t"], ["y"])],
    "squeeze": [helper.make_node("Squeeze", ["t", "c"], ["y"])],
}


@pytest.mark.parametrize("kind", TAILS)
def test_what_exporters_leave_behind_the_trees(tmp_path, kind):
    c = constant([-1] if kind == "reshape" else [1], np.int64)
    onnx.save(build([tree(), *TAILS[kind]], [c]), tmp_path / "m.onnx")
    pixels = np.array([[0.2, 1], [0.7, 3]], np.float32)
    # By hand: 0.25 + (0.2 >= 0.1: 0.5); 0.5 + (3 > 2: 1).
    assert load_engine(tmp_path / "m.onnx").predict(pixels).ravel().tolist() == [0.75, 1.5]


@pytest.mark.parametrize("shape", [(5,), (5, 1), (5, 3), (1, 5, 2)])
def test_pixels_of_another_shape(tmp_path, shape):
    engine = load_engine(save(tmp_path, make_regressor(FOREST)))
    with pytest.raises(ModelError, match=r"shape \(n, 2\)"):
        engine.predict(np.zeros(shape, np.float32))


def test_a_file_that_leaves_the_features_open(tmp_path):
    engine = load_engine(save(tmp_path, make_regressor(FOREST), features="any"))
    assert engine.packed.features is None
    assert engine.predict(np.zeros((4, 5))).tolist() == [[0.5]] * 4  # 0.25 + 0.25
    with pytest.raises(ModelError, match=r"shape \(n, 2 or more\)"):
        engine.predict(np.zeros((4, 1)))
