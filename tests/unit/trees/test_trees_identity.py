"""The engine against ONNX Runtime and against a walk of plain objects, on trees of odd shapes."""

import numpy as np
import onnxruntime as ort
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tree_files import SPECIAL, Branch, Forest, Leaf, make_forest, make_pixels, walk, write_forest

from smmap.trees.engine import TreeEngine, load_engine
from smmap.trees.kernels import list_kernels
from smmap.trees.way import WAYS

KERNELS = list_kernels()
HOWS = [(kernel, way) for kernel in KERNELS for way in WAYS]


def predict_elsewhere(path, pixels):
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": pixels})[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("trees")


@given(
    seed=st.integers(0, 2**32 - 1),
    opset=st.sampled_from([1, 3, 5]),
    trees=st.integers(1, 9),
    depth=st.integers(0, 8),
    features=st.sampled_from([1, 2, 3, 15, 16, 17, 33, 70, 300]),
    targets=st.sampled_from([1, 1, 1, 2, 3]),
    dense=st.booleans(),
    average=st.booleans(),
    missing=st.booleans(),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_same_as_onnx_runtime_and_as_the_walk(folder, seed, opset, dense, average, **shape):
    rng = np.random.default_rng(seed)
    dense = dense and opset != 5
    forest = make_forest(rng, dense=dense, **shape)
    forest.average = average and opset != 1  # opset 1 takes it too, ONNX Runtime alike
    pixels = make_pixels(rng, forest, 70)
    path = write_forest(forest, folder / "model.onnx", opset)
    expected = walk(forest, pixels)
    np.testing.assert_array_equal(predict_elsewhere(path, pixels), expected)
    engine = load_engine(path)
    for kernel, way in HOWS:
        found = TreeEngine(engine.packed, kernel, 1, way).predict(pixels)
        np.testing.assert_array_equal(found, expected, err_msg=f"{kernel} {way}")


@given(seed=st.integers(0, 2**32 - 1), depth=st.integers(1, 9), trees=st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_sums_start_at_the_base_and_keep_the_order(folder, seed, depth, trees):
    rng = np.random.default_rng(seed)
    forest = make_forest(rng, trees=trees, depth=depth, exact=False)
    pixels = make_pixels(rng, forest, 40)
    engine = load_engine(write_forest(forest, folder / "order.onnx"))
    expected = walk(forest, pixels)
    for kernel, way in HOWS:
        found = TreeEngine(engine.packed, kernel, 1, way).predict(pixels)
        np.testing.assert_array_equal(found, expected, err_msg=f"{kernel} {way}")


def chain(depth, features, cuts):
    """A tree that is one long branch: each level cuts off a leaf."""
    node = Leaf({0: 0.5})
    for level in range(depth):
        leaf = Leaf({0: level / 1024})
        mode = ("BRANCH_LT", "BRANCH_GT")[level % 2]
        node = Branch(level % features, mode, float(cuts[level]), level % 3 == 0, leaf, node)
    return node


@pytest.mark.parametrize("depth", [40, 700])
def test_deep_and_narrow(folder, depth):
    rng = np.random.default_rng(1)
    cuts = np.sort(rng.normal(size=depth)).astype(np.float32)
    forest = Forest([chain(depth, 2, cuts), Leaf({0: 0.25}), chain(3, 2, cuts)], 2)
    pixels = np.concatenate(
        [rng.normal(size=(50, 2)), np.stack([cuts, cuts], 1), [[np.nan, 0], [0, np.nan]]]
    ).astype(np.float32)
    path = write_forest(forest, folder / "deep.onnx")
    engine = load_engine(path)
    expected = walk(forest, pixels)
    for kernel, way in HOWS:
        found = TreeEngine(engine.packed, kernel, 1, way).predict(pixels)
        np.testing.assert_array_equal(found, expected, err_msg=f"{kernel} {way}")


@pytest.mark.parametrize("wide", [False, True])
def test_more_cuts_than_a_rank_can_tell(folder, wide):
    rng = np.random.default_rng(2)
    many = rng.normal(size=20_000 if wide else 900).astype(np.float32)
    forest = make_forest(rng, trees=250 if wide else 30, depth=9, features=2, pool=many)
    forest.base = [0.125]
    engine = load_engine(write_forest(forest, folder / f"many_{wide}.onnx"))
    assert engine.packed.wide == wide
    columns = engine.packed.arrays["columns"]
    assert wide or (len(columns) > 4 and columns["count"].max() == 255)
    pixels = rng.choice(np.concatenate([many, SPECIAL, [np.nan]]), (90, 2)).astype(np.float32)
    expected = walk(forest, pixels)
    for kernel, way in HOWS:
        found = TreeEngine(engine.packed, kernel, 1, way).predict(pixels)
        np.testing.assert_array_equal(found, expected, err_msg=f"{kernel} {way}")


def test_node_numbers_may_be_anything(folder):
    rng = np.random.default_rng(3)
    forest = make_forest(rng, trees=6, depth=6)

    def shuffled(count):
        return (rng.permutation(count + 50)[:count] * 7).tolist()

    # ONNX Runtime wants numbers below the number of nodes; nothing in the operator's text does.
    engine = load_engine(write_forest(forest, folder / "ids.onnx", ids=shuffled))
    pixels = make_pixels(rng, forest, 60)
    np.testing.assert_array_equal(engine.predict(pixels), walk(forest, pixels))


@pytest.mark.parametrize("kernel", KERNELS)
def test_neither_threads_nor_company_change_a_pixel(folder, kernel):
    rng = np.random.default_rng(4)
    forest = make_forest(rng, trees=20, depth=7, exact=False)
    packed = load_engine(write_forest(forest, folder / "threads.onnx")).packed
    pixels = make_pixels(rng, forest, 40_000)
    whole = TreeEngine(packed, kernel, 1).predict(pixels)
    np.testing.assert_array_equal(whole[:30], walk(forest, pixels[:30]))
    np.testing.assert_array_equal(TreeEngine(packed, kernel, 4).predict(pixels), whole)
    for cut in (slice(0, 1), slice(5, 70), slice(39_000, 40_000), slice(7, 7)):
        np.testing.assert_array_equal(
            TreeEngine(packed, kernel, 2).predict(pixels[cut]), whole[cut]
        )
    backwards = TreeEngine(packed, kernel, 1).predict(pixels[::-1])
    np.testing.assert_array_equal(backwards[::-1], whole)


@given(
    seed=st.integers(0, 2**32 - 1),
    depth=st.integers(0, 9),
    features=st.sampled_from([1, 3, 16, 17, 33, 300]),
    targets=st.sampled_from([1, 1, 3]),
    dense=st.booleans(),
    kinds=st.integers(1, 6),
    run=st.integers(1, 80),
    count=st.integers(1, 300),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pixels_that_are_alike_go_together(folder, seed, dense, kinds, run, count, **shape):
    """As on a map: runs of pixels of few kinds, which part seldom."""
    rng = np.random.default_rng(seed)
    forest = make_forest(rng, trees=7, exact=False, dense=dense, **shape)
    few = make_pixels(rng, forest, kinds)
    kind = np.repeat(rng.integers(len(few), size=-(-count // run)), run)[:count]
    engine = load_engine(write_forest(forest, folder / "alike.onnx", 3))
    expected = walk(forest, few)[kind]
    for kernel in KERNELS:
        found = TreeEngine(engine.packed, kernel, 1).predict(few[kind])
        np.testing.assert_array_equal(found, expected, err_msg=kernel)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("kernel, way", HOWS)
def test_alike_and_different_pixels_in_one_picture(folder, kernel, way, wide):
    """Blocks of either kind, one after the other."""
    rng = np.random.default_rng(9)
    pool = rng.normal(size=20_000 if wide else 100).astype(np.float32)
    forest = make_forest(
        rng, trees=250 if wide else 60, depth=9, features=3, pool=pool, exact=False
    )
    packed = load_engine(write_forest(forest, folder / f"picture_{wide}.onnx")).packed
    assert packed.wide == wide
    different = rng.choice(pool, (5000, 3)).astype(np.float32)
    alike = np.repeat(different[:25], 400, axis=0)
    pixels = np.concatenate([alike, different, alike[:77]])
    found = TreeEngine(packed, kernel, 1, way).predict(pixels)
    by_itself = TreeEngine(packed, kernel, 1, way).predict(different)
    np.testing.assert_array_equal(found[len(alike) : -77], by_itself)
    np.testing.assert_array_equal(found[: len(alike)], np.repeat(by_itself[:25], 400, axis=0))
    np.testing.assert_array_equal(found[-77:], by_itself[[0] * 77])
    np.testing.assert_array_equal(by_itself[:40], walk(forest, different[:40]))
