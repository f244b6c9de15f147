"""Trees larger than a cache: rows are sorted on the way. Against a walk in NumPy."""

import numpy as np
import onnx
import pytest
import tree_files
from tree_files import make_forest, make_pixels, write_forest

from smmap.trees import ensemble as ensemble_module
from smmap.trees.engine import TreeEngine, load_engine
from smmap.trees.ensemble import Ensemble
from smmap.trees.image import compute_image
from smmap.trees.kernels import list_kernels
from smmap.trees.load_ensemble import load_ensemble
from smmap.trees.pack import pack
from smmap.trees.packed import read_packed

LEVELS = 18


def make_ensemble(rng, features, targets):
    """Three full trees of 18 levels; the second with a leaf at the root's left."""
    n = 2 ** (LEVELS + 1) - 1
    place = np.arange(n)
    branch = place < 2**LEVELS - 1
    left = np.where(branch, 2 * place + 1, -1).astype(np.int32)
    right = np.where(branch, 2 * place + 2, -1).astype(np.int32)
    short_left, short_right = left.copy(), right.copy()
    short_left[1] = short_right[1] = -1
    reached = np.zeros(n, bool)
    reached[0] = True
    for node in range(n):  # without what hung on the left child
        if reached[node] and short_left[node] >= 0:
            reached[short_left[node]] = reached[short_right[node]] = True
    new = np.cumsum(reached) - 1
    short_left = np.where(short_left >= 0, new[short_left], -1)[reached].astype(np.int32)
    short_right = np.where(short_right >= 0, new[short_right], -1)[reached].astype(np.int32)
    lefts, rights = [left, short_left, left], [right, short_right, right]
    sizes = [len(one) for one in lefts]
    total = sum(sizes)
    thresholds = rng.normal(size=total).astype(np.float32)
    is_leaf = np.concatenate(lefts) < 0
    values = rng.normal(size=total).astype(np.float32)
    dense = targets > 1
    rows = rng.normal(size=(is_leaf.sum(), targets)).astype(np.float32) if dense else None
    leaf = np.zeros(total, np.uint32)
    leaf[is_leaf] = np.arange(is_leaf.sum()) if dense else values[is_leaf].view(np.uint32)
    ensemble = Ensemble(
        features=features,
        average=False,
        base=np.full(targets, 0.3, np.float32),
        starts=np.concatenate([[0], np.cumsum(sizes)]),
        left=np.concatenate(lefts),
        right=np.concatenate(rights),
        feature=np.where(is_leaf, 0, rng.integers(0, features, total)).astype(np.int32),
        cut=np.where(is_leaf, 0, compute_image(thresholds)).astype(np.uint32),
        nan_right=rng.random(total) < 0.5,
        leaf=leaf,
        target=np.full(3, -1 if dense else 0, np.int32),
        leaf_rows=rows if dense else np.zeros((0, targets), np.float32),
    )
    return ensemble, thresholds


def walk(ensemble, thresholds, pixels):
    out = np.repeat(ensemble.base[None], len(pixels), axis=0)
    for start, tree in zip(ensemble.starts[:-1], ensemble.target, strict=True):
        at = np.zeros(len(pixels), int)
        for _ in range(LEVELS + 1):
            node = start + at
            x = pixels[np.arange(len(pixels)), ensemble.feature[node]]
            right = np.where(np.isnan(x), ensemble.nan_right[node], x >= thresholds[node])
            child = np.where(right, ensemble.right[node], ensemble.left[node])
            at = np.where(child >= 0, child, at)
        leaf = ensemble.leaf[start + at]
        out += leaf.view(np.float32)[:, None] if tree >= 0 else ensemble.leaf_rows[leaf]
    return out


@pytest.mark.parametrize("features, targets", [(3, 1), (12, 2), (30, 1)])
def test_large_trees(features, targets):
    rng = np.random.default_rng(features)
    ensemble, thresholds = make_ensemble(rng, features, targets)
    packed = pack([ensemble], {"large": ""}, lambda size: np.zeros(size, np.uint8))
    assert packed.wide
    # Two directions a feature and the leaves' column: 30 features are too many to copy rows.
    levels = packed.arrays["trees"]["sort_levels"]
    assert (levels > 0).all() == (2 * features + 1 <= 32)
    pixels = rng.normal(size=(20_000, features)).astype(np.float32)
    pixels[rng.random(pixels.shape) < 0.05] = np.nan
    pixels[: len(pixels) // 2, 0] = rng.choice(thresholds, len(pixels) // 2)
    expected = walk(ensemble, thresholds, pixels)
    for threads, way in ((1, 0), (3, 0), (1, 1)):
        found = TreeEngine(packed, list_kernels()[0], threads, way).predict(pixels)
        np.testing.assert_array_equal(found, expected)


def test_a_packed_form_is_read_as_it_was_written():
    ensemble, _ = make_ensemble(np.random.default_rng(0), 2, 1)
    kept = []
    packed = pack([ensemble], {"f": "0"}, lambda size: kept.append(np.zeros(size, "u1")) or kept[0])
    again = read_packed(kept[0])
    assert again.sources == {"f": "0"}
    for name, array in packed.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])


@pytest.mark.parametrize("targets", [1, 2])
@pytest.mark.parametrize("opset", [3, 5])
def test_trees_are_read_some_at_a_time(tmp_path, monkeypatch, opset, targets):
    """Groups of one tree or of a few make the same bytes as all at once."""
    rng = np.random.default_rng(opset)
    forest = make_forest(rng, trees=40, depth=5, targets=targets, dense=opset == 3)
    path = write_forest(forest, tmp_path / "m.onnx", opset)
    forms = []
    for together in (1 << 18, 50, 1):
        monkeypatch.setattr(ensemble_module, "_TOGETHER", together)
        assert (len(list(load_ensemble(path))) > 1) == (together < 1000)
        whole = []
        pack(
            load_ensemble(path),
            {"m": ""},
            lambda n, to=whole: to.append(np.zeros(n, "u1")) or to[0],
        )
        forms.append(whole[0].tobytes())
    assert forms[0] == forms[1] == forms[2]
    pixels = make_pixels(rng, forest, 50)
    np.testing.assert_array_equal(
        load_engine(path).predict(pixels), tree_files.walk(forest, pixels)
    )


def test_branches_in_any_order(tmp_path):
    """Roots last, children before their parents, trees mixed."""
    rng = np.random.default_rng(7)
    forest = make_forest(rng, trees=6, depth=6)
    forest.base = []
    attributes = tree_files.make_ensemble(forest)
    n = len(attributes["nodes_featureids"])
    order = rng.permutation(n)
    place = np.argsort(order)
    for side in ("true", "false"):
        ids, leafs = attributes[f"nodes_{side}nodeids"], attributes[f"nodes_{side}leafs"]
        moved = [i if leaf else int(place[i]) for i, leaf in zip(ids, leafs, strict=True)]
        attributes[f"nodes_{side}nodeids"] = moved
    attributes["tree_roots"] = [int(place[root]) for root in attributes["tree_roots"]]
    for name, value in attributes.items():
        if name.startswith("nodes_") and isinstance(value, list):
            attributes[name] = [value[i] for i in order]
        elif name.startswith("nodes_"):
            values = onnx.numpy_helper.to_array(value)
            attributes[name] = onnx.numpy_helper.from_array(values[order])
    path = tmp_path / "m.onnx"
    onnx.save(tree_files.make_model(attributes, features=3, opset=5), path)
    pixels = make_pixels(rng, forest, 50)
    np.testing.assert_array_equal(
        load_engine(path).predict(pixels), tree_files.walk(forest, pixels)
    )
