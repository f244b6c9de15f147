"""Which way pixels that part go: what it is tried out on, and that it is one of the two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tree_files import Branch, Forest, Leaf, make_forest, write_forest

from smmap.trees.cache import open_packed
from smmap.trees.image import compute_float, compute_image
from smmap.trees.kernels import list_kernels
from smmap.trees.way import WAYS, draw_pixels, find_fastest_way


def list_cuts(tree, feature):
    if isinstance(tree, Branch):
        yield from [tree.threshold] * (tree.feature == feature)
        yield from list_cuts(tree.true, feature)
        yield from list_cuts(tree.false, feature)


@given(st.floats(width=32, allow_nan=False))
def test_floats_and_their_images(value):
    image = compute_image(np.float32(value)[None])
    assert compute_float(image)[0] == np.float32(value)


@pytest.mark.parametrize("wide", [False, True])
def test_pixels_are_drawn_from_what_branches_compare_with(tmp_path, wide):
    rng = np.random.default_rng(4)
    pool = rng.normal(size=20_000 if wide else 100).astype(np.float32)
    forest = make_forest(rng, trees=250 if wide else 30, depth=9, features=3, pool=pool)
    packed = open_packed(write_forest(forest, tmp_path / "model.onnx", 5))
    assert packed.wide == wide
    pixels = draw_pixels(packed, 200)
    assert pixels.shape == (200, 3)
    for feature, column in enumerate(pixels.T):
        # "less" and "not more" differ by the next float, and -0 is 0.
        cuts = np.array([cut for tree in forest.trees for cut in list_cuts(tree, feature)], "f4")
        near = [np.nextafter(cuts, np.float32(end)) for end in (-np.inf, np.inf)]
        assert np.isin(column, np.concatenate([cuts, *near])).all()
        assert len(np.unique(column)) > 20
    assert all(find_fastest_way(packed, kernel) in WAYS for kernel in list_kernels())


def test_a_model_without_a_branch(tmp_path):
    leaf = Forest([Leaf({0: 1.5})], 1, 1, [0.5])
    packed = open_packed(write_forest(leaf, tmp_path / "leaf.onnx", 5))
    assert find_fastest_way(packed, list_kernels()[0]) in WAYS
