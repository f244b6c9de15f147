"""An ONNX file to its trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from smmap.trees.attributes import Attributes
from smmap.trees.ensemble import Ensemble
from smmap.trees.onnx_graph import TreeNode, load_tree_node
from smmap.trees.read_ensemble import EnsembleTrees
from smmap.trees.read_regressor import RegressorTrees

MOST_FEATURES = 1 << 16


@dataclass(frozen=True)
class Trees:
    """A model's trees; each time it is gone through, they are read again, some at a time."""

    groups: Iterable[Ensemble]
    """As the operator's reader gives them."""
    attributes: Attributes
    """For errors."""

    def __iter__(self) -> Iterator[Ensemble]:
        for group in self.groups:
            _check_features(group, self.attributes)
            yield group


def load_ensemble(path: Path) -> Trees:
    """Read and check the trees of an ONNX file.

    Parameters
    ----------
    path
        A file whose output is one ``TreeEnsembleRegressor`` (ai.onnx.ml 1 or 3) or
        ``TreeEnsemble`` (5) of its input, or that plus a constant.

    Raises
    ------
    UnsuitedError
        Here or when they are gone through, if it is something else, or of a kind that only ONNX
        Runtime runs.
    ModelError
        If it is damaged.
    """
    return read_trees(load_tree_node(path), str(path))


def read_trees(node: TreeNode, where: str) -> Trees:
    """The trees of an operator; errors as ``load_ensemble``.

    That they are trees (each node but the root hangs on one other, no cycle) is found when they
    are packed.
    """
    attributes = Attributes(node, where)
    kind = RegressorTrees if node.operator == "TreeEnsembleRegressor" else EnsembleTrees
    return Trees(kind(attributes), attributes)


def _check_features(ensemble: Ensemble, attributes: Attributes) -> None:
    lowest, needs = int(ensemble.feature.min()), ensemble.needs
    if lowest < 0 or (ensemble.features is not None and needs > ensemble.features):
        wrong = lowest if lowest < 0 else needs - 1
        raise attributes.fail(f"a branch asks for feature {wrong} of {ensemble.features}")
    if max(needs, ensemble.features or 0) > MOST_FEATURES:
        raise attributes.refuse(f"takes {max(needs, ensemble.features or 0)} features")
    if np.diff(ensemble.starts).max() > np.iinfo(np.int32).max:
        raise attributes.refuse("a tree has more than two thousand million nodes")
