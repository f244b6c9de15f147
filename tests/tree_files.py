"""Trees as plain objects: written as ONNX in each of the operators' forms, and walked one by one.

The walk follows the operators' text and shares nothing with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT")
TINY = np.float32(1e-45)
SPECIAL = np.array(
    [0.0, -0.0, TINY, -TINY, 1e-39, -1e-39, 1.0, -1.0, 3e38, -3e38, np.inf, -np.inf], np.float32
)


@dataclass
class Leaf:
    weights: dict[int, float]
    """Of each target."""


@dataclass
class Branch:
    feature: int
    mode: str
    threshold: float
    missing_true: bool
    true: Branch | Leaf
    false: Branch | Leaf


@dataclass
class Forest:
    trees: list[Branch | Leaf]
    features: int
    targets: int = 1
    base: list[float] = field(default_factory=list)
    average: bool = False


def make_forest(
    rng,
    *,
    trees=5,
    features=3,
    depth=4,
    targets=1,
    modes=MODES,
    dense=False,
    exact=True,
    missing=True,
    pool=SPECIAL,
):
    """Random trees; ``exact``: leaves whose sums are exact in float32, in whatever order."""

    def value():
        return float(rng.integers(-512, 512)) / 1024 if exact else float(np.float32(rng.normal()))

    def grow(left, target):
        if left == 0 or rng.random() < 0.15:
            some = range(targets) if dense else [target]
            return Leaf({one: value() for one in some})
        picked = rng.choice(pool) if rng.random() < 0.7 else np.float32(rng.normal())
        return Branch(
            int(rng.integers(features)),
            str(rng.choice(modes)),
            float(picked),
            bool(missing and rng.random() < 0.5),
            grow(left - 1, target),
            grow(left - 1, target),
        )

    base = [value() for _ in range(targets)] if rng.random() < 0.7 else []
    # ONNX Runtime leaves out the base of a target that has no leaf: each has a tree.
    grown = [grow(depth, number % targets) for number in range(max(trees, targets))]
    return Forest(grown, features, targets, base)


def make_pixels(rng, forest, n):
    """Random pixels, thresholds hit exactly and just missed, infinities, denormals, NaN."""
    with np.errstate(over="ignore"):
        near = [
            SPECIAL,
            np.nextafter(SPECIAL, np.float32(-np.inf)),
            np.nextafter(SPECIAL, np.float32(np.inf)),
        ]
    pool = np.concatenate([*near, np.full(6, np.nan), rng.normal(size=30)]).astype(np.float32)
    return rng.choice(pool, (n, forest.features))


def go_true(branch, x):
    if np.isnan(x):
        return branch.missing_true
    threshold = np.float32(branch.threshold)
    return {
        "BRANCH_LEQ": x <= threshold,
        "BRANCH_LT": x < threshold,
        "BRANCH_GTE": x >= threshold,
        "BRANCH_GT": x > threshold,
    }[branch.mode]


def walk(forest, pixels):
    """(n, targets): leaves added to the base in the order of the trees, in float32."""
    base = np.array(forest.base or [0.0] * forest.targets, np.float32)
    out = np.empty((len(pixels), forest.targets), np.float32)
    for row, pixel in enumerate(pixels):
        sums = np.zeros_like(base) if forest.average else base.copy()
        for tree in forest.trees:
            node = tree
            while isinstance(node, Branch):
                node = node.true if go_true(node, pixel[node.feature]) else node.false
            for target, weight in node.weights.items():
                sums[target] = np.float32(sums[target] + np.float32(weight))
        if forest.average:
            sums = np.float32(sums / np.float32(len(forest.trees))) + base
        out[row] = sums
    return out


def list_nodes(tree):
    """Nodes in the order of their numbers: breadth first."""
    nodes = [tree]
    for node in nodes:
        if isinstance(node, Branch):
            nodes += [node.true, node.false]
    return nodes


def make_regressor(forest, *, ids=None):
    """Attributes of ``TreeEnsembleRegressor``; ``ids`` renumbers the nodes of a tree."""
    found = {
        f"nodes_{name}": []
        for name in (
            *("treeids", "nodeids", "featureids", "modes", "values"),
            *("truenodeids", "falsenodeids", "missing_value_tracks_true"),
        )
    }
    leaves = {f"target_{name}": [] for name in ("treeids", "nodeids", "ids", "weights")}

    def add(to, prefix, **values):
        for name, value in values.items():
            to[f"{prefix}_{name}"].append(value)

    for number, tree in enumerate(forest.trees):
        nodes = list_nodes(tree)
        named = list(range(len(nodes))) if ids is None else ids(len(nodes))
        name_of = {id(node): name for node, name in zip(nodes, named, strict=True)}
        for node in nodes:
            here = name_of[id(node)]
            is_branch = isinstance(node, Branch)
            add(
                found,
                "nodes",
                treeids=number,
                nodeids=here,
                featureids=node.feature if is_branch else 0,
                modes=node.mode if is_branch else "LEAF",
                values=node.threshold if is_branch else 0.0,
                truenodeids=name_of[id(node.true)] if is_branch else 0,
                falsenodeids=name_of[id(node.false)] if is_branch else 0,
                missing_value_tracks_true=int(is_branch and node.missing_true),
            )
            if not is_branch:
                for target, weight in node.weights.items():
                    add(leaves, "target", treeids=number, nodeids=here, ids=target, weights=weight)
    extra = {"base_values": forest.base} if forest.base else {}
    if forest.average:
        extra["aggregate_function"] = "AVERAGE"
    return {**found, **leaves, "n_targets": forest.targets, **extra}


def make_ensemble(forest):
    """Attributes of ``TreeEnsemble`` (one target a leaf, no base values)."""
    names = ("featureids", "truenodeids", "trueleafs", "falsenodeids", "falseleafs", "tracks")
    lists = {name: [] for name in names}
    modes, splits, targets, weights, roots = [], [], [], [], []

    def add_leaf(leaf):
        ((target, weight),) = leaf.weights.items()
        targets.append(target)
        weights.append(weight)
        return len(targets) - 1

    def add_branch(node):
        here = len(splits)
        splits.append(node.threshold)
        modes.append(MODES.index(node.mode))
        for name in names:
            lists[name].append(0)
        lists["featureids"][here] = node.feature
        lists["tracks"][here] = int(node.missing_true)
        for side, child in (("true", node.true), ("false", node.false)):
            is_leaf = isinstance(child, Leaf)
            lists[f"{side}leafs"][here] = int(is_leaf)
            lists[f"{side}nodeids"][here] = add_leaf(child) if is_leaf else add_branch(child)
        return here

    for tree in forest.trees:
        if isinstance(tree, Leaf):  # as the operator's text says: both ways to one leaf
            leaf = len(targets)
            roots.append(add_branch(Branch(0, MODES[0], 0.0, False, tree, tree)))
            lists["falsenodeids"][roots[-1]] = leaf
        else:
            roots.append(add_branch(tree))
    return {
        **{f"nodes_{name}": lists[name] for name in names[:-1]},
        "nodes_missing_value_tracks_true": lists["tracks"],
        "nodes_modes": onnx.numpy_helper.from_array(np.array(modes, np.uint8)),
        "nodes_splits": onnx.numpy_helper.from_array(np.array(splits, np.float32)),
        "leaf_targetids": targets,
        "leaf_weights": onnx.numpy_helper.from_array(np.array(weights, np.float32)),
        "tree_roots": roots,
        "n_targets": forest.targets,
        "aggregate_function": 0 if forest.average else 1,
    }


def make_model(attributes, *, features, targets=1, opset=3, added=None, operator=None):
    """A model of the one operator; ``added``: an ``Add`` of that constant behind it."""
    name = operator or ("TreeEnsemble" if opset == 5 else "TreeEnsembleRegressor")
    nodes = [helper.make_node(name, ["x"], ["t"], domain="ai.onnx.ml", **attributes)]
    constants = []
    if added is not None:
        constants = [onnx.numpy_helper.from_array(np.asarray(added, np.float32), "c")]
        nodes.append(helper.make_node("Add", ["t", "c"], ["y"]))
    else:
        nodes[0].output[0] = "y"
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", features])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", targets])],
        constants,
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def write_forest(forest, path: Path, opset=3, ids=None) -> Path:
    """Write it in the form of that version of ai.onnx.ml."""
    added = None
    if opset == 5:
        attributes = make_ensemble(forest)
        added = forest.base or None
    else:
        attributes = make_regressor(forest, ids=ids)
    model = make_model(
        attributes, features=forest.features, targets=forest.targets, opset=opset, added=added
    )
    onnx.save(model, path)
    return path
