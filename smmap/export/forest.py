"""A trained tree ensemble, whoever trained it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Tree:
    """One tree; its node 0 is the root. Nodes that nothing leads to are left out."""

    left: NDArray[Any]
    """(nodes,) number of the left child; negative for a leaf."""
    right: NDArray[Any]
    """(nodes,) number of the right child; negative for a leaf."""
    feature: NDArray[Any]
    """(nodes,) column that a branch looks at."""
    threshold: NDArray[np.float32]
    """(nodes,) what it compares with."""
    missing_left: NDArray[np.bool_]
    """(nodes,) True: a NaN goes left."""
    value: NDArray[np.float32]
    """(nodes,) what a leaf gives."""


class Forest(Protocol):
    """Trees and what is made of their leaves."""

    @property
    def features(self) -> int:
        """Columns of the pixels."""

    @property
    def left_if(self) -> Literal["<", "<="]:
        """How a value that goes left compares with the threshold."""

    @property
    def average(self) -> bool:
        """True: the mean of the trees; False: their sum."""

    @property
    def base(self) -> float:
        """What the trees are added to."""

    @property
    def n_trees(self) -> int:
        """Number of trees."""

    def list_trees(self) -> Iterator[Tree]:
        """The trees in order, one in memory at a time."""
