"""Trees larger than a cache: rows are sorted on the way. Against a walk in NumPy."""

import numpy as np
import pytest

from smmap.trees.engine import TreeEngine
from smmap.trees.ensemble import Ensemble
from smmap.trees.image import compute_image
from smmap.trees.kernels import list_kernels
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
    packed = pack(ensemble, {"large": ""}, lambda size: np.zeros(size, np.uint8))
    assert packed.wide
    # Two directions a feature and the leaves' column: 30 features are too many to copy rows.
    levels = packed.arrays["trees"]["sort_levels"]
    assert (levels > 0).all() == (2 * features + 1 <= 32)
    pixels = rng.normal(size=(20_000, features)).astype(np.float32)
    pixels[rng.random(pixels.shape) < 0.05] = np.nan
    pixels[: len(pixels) // 2, 0] = rng.choice(thresholds, len(pixels) // 2)
    expected = walk(ensemble, thresholds, pixels)
    for threads in (1, 3):
        found = TreeEngine(packed, list_kernels()[0], threads).predict(pixels)
        np.testing.assert_array_equal(found, expected)


def test_a_packed_form_is_read_as_it_was_written():
    ensemble, _ = make_ensemble(np.random.default_rng(0), 2, 1)
    kept = []
    packed = pack(ensemble, {"f": "0"}, lambda size: kept.append(np.zeros(size, "u1")) or kept[0])
    again = read_packed(kept[0])
    assert again.sources == {"f": "0"}
    for name, array in packed.arrays.items():
        np.testing.assert_array_equal(array, again.arrays[name])
