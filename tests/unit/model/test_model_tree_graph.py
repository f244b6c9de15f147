"""Trees as standard operators, on the processor: the same comparisons as the kernels make."""

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tree_files import Forest, Leaf, make_forest, make_pixels, walk, write_forest

from smmap.model.binding import Binding
from smmap.model.runtime import open_runtime
from smmap.model.session import BATCHES
from smmap.model.tree_graph_session import TreeGraphSession
from smmap.spec.errors import DeviceError, ModelError, UnsuitedError
from smmap.trees import operator_graph
from smmap.trees.cache import open_packed
from smmap.trees.engine import load_engine

BATCH = BATCHES["cpu"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("graphs")


def open_graph(path):
    return TreeGraphSession(path, "cuda", "cpu")


@given(
    seed=st.integers(0, 2**32 - 1),
    opset=st.sampled_from([1, 3, 5]),
    trees=st.integers(1, 9),
    depth=st.integers(0, 7),
    features=st.sampled_from([1, 2, 3, 17, 40]),
    average=st.booleans(),
    together=st.sampled_from([1, 4, 256]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_leaf_is_the_walks(folder, seed, opset, average, together, **shape):
    """Leaves whose sums are exact in whatever order: equal bit for bit."""
    rng = np.random.default_rng(seed)
    forest = make_forest(rng, **shape)
    forest.average = average and opset != 1
    pixels = make_pixels(rng, forest, 70)
    path = write_forest(forest, folder / "m.onnx", opset)
    packed = open_packed(path)
    session = open_runtime(operator_graph.build_graph(packed, together), "m", "cpu")
    rows = operator_graph.compute_rows(pixels, packed)
    tables = operator_graph.compute_tables(packed)
    found = Binding(session, "cpu", (operator_graph.ROWS, rows.shape, np.int32), tables).run(rows)
    np.testing.assert_array_equal(found, walk(forest, pixels))


@pytest.mark.parametrize("wide", [False, True])
def test_sums_differ_by_rounding_alone(folder, wide):
    rng = np.random.default_rng(3)
    many = rng.normal(size=20_000 if wide else 900).astype(np.float32)
    trees = 250 if wide else 30
    forest = make_forest(rng, trees=trees, depth=9, features=2, pool=many, exact=False)
    path = write_forest(forest, folder / f"sums_{wide}.onnx")
    engine = load_engine(path)
    assert engine.packed.wide == wide
    pixels = make_pixels(rng, forest, BATCH + 300)
    expected = engine.predict(pixels)
    leaves = trees * 4.0  # sum of the leaves' sizes, drawn from a normal law, at most
    np.testing.assert_allclose(
        open_graph(path).run(pixels), expected, rtol=0, atol=leaves * np.finfo("f4").eps
    )


def test_only_standard_operators(folder):
    path = write_forest(make_forest(np.random.default_rng(1)), folder / "plain.onnx")
    model = onnx.load_from_string(operator_graph.build_graph(open_packed(path)))
    onnx.checker.check_model(model, full_check=True)
    assert {node.domain for node in model.graph.node} == {""}
    assert [one.domain for one in model.opset_import] == [""]


def test_what_the_graph_does_not_hold(folder):
    rng = np.random.default_rng(4)
    path = write_forest(make_forest(rng, targets=2), folder / "two.onnx")
    with pytest.raises(UnsuitedError, match="several targets"):
        open_graph(path)
    one = open_graph(write_forest(Forest([Leaf({0: 0.25})], 3), folder / "leaf.onnx"))
    assert one.run(np.zeros((2, 3), np.float32)).tolist() == [[0.25], [0.25]]
    with pytest.raises(ModelError, match=r"shape \(n, 3\)"):
        one.run(np.zeros((2, 4), np.float32))


def test_neither_company_nor_place_change_a_pixel(folder):
    rng = np.random.default_rng(5)
    forest = make_forest(rng, trees=40, depth=7, exact=False)
    session = open_graph(write_forest(forest, folder / "place.onnx"))
    pixels = make_pixels(rng, forest, 2 * BATCH + 77)
    whole = session.run(pixels)
    np.testing.assert_array_equal(session.run(pixels[:5]), whole[:5])
    np.testing.assert_array_equal(session.run(pixels[::-1])[::-1], whole)
    np.testing.assert_array_equal(
        session.run(pixels[BATCH - 3 : BATCH + 9]), whole[BATCH - 3 :][:12]
    )


def test_never_silently_on_the_processor(folder):
    """Without a GPU's runtime ``cuda`` is an error, whatever could run instead."""
    import onnxruntime as ort

    if "CUDAExecutionProvider" in ort.get_available_providers():
        pytest.skip("there is a GPU runtime")
    path = write_forest(make_forest(np.random.default_rng(1)), folder / "gpu.onnx")
    with pytest.raises(DeviceError, match=r"'cuda' was required for gpu\.onnx"):
        TreeGraphSession(path, "cuda", "cuda")
