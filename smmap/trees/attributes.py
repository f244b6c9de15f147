"""The operator's attributes as arrays, checked for kind and length."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import ModelError, UnsuitedError
from smmap.trees.onnx_graph import TreeNode, load_tensor

MOST_TARGETS = 4096
"""More than that are not read: leaves of several targets are rows of all."""
_SMALL = np.iinfo(np.int32)


class Attributes:
    """Reads one operator's attributes; an error names the attribute.

    Parameters
    ----------
    node
        The operator.
    where
        The file, for messages.
    """

    def __init__(self, node: TreeNode, where: str) -> None:
        self.node = node
        self.where = where

    def fail(self, reason: str) -> ModelError:
        """An error to raise: the file is damaged."""
        return ModelError(
            f"{self.where}: {self.node.operator}: {reason}; the file was damaged or badly "
            "exported: export the model again"
        )

    def refuse(self, reason: str) -> UnsuitedError:
        """An error to raise: the file may be sound, but is not for this engine."""
        return UnsuitedError(f"{self.where}: {self.node.operator}: {reason}")

    def integers(self, name: str, count: int | None, default: int | None = None) -> NDArray[Any]:
        """(n,) int32 of an integer list.

        Parameters
        ----------
        name
            Of the attribute.
        count
            Its length; None: any.
        default
            What an attribute that is not there is filled with; None: it must be there.
        """
        one = self.node.attributes.get(name)
        values = np.fromiter(one.ints, np.int64, len(one.ints)) if one else np.zeros(0, np.int64)
        if not len(values) and default is not None:
            return np.full(count or 0, default, np.int32)
        if len(values) and not (_SMALL.min < values.min() and values.max() < _SMALL.max):
            raise self.fail(f"'{name}' holds numbers out of range")
        return self._count(name, values.astype(np.int32), count)

    def floats(self, name: str, count: int | None) -> NDArray[np.float32]:
        """(n,) float32 of a list of floats or, under the same name, a tensor."""
        if f"{name}_as_tensor" in self.node.attributes:
            raise self.refuse(f"'{name}' is given in another precision than float32")
        one = self.node.attributes.get(name)
        values = np.fromiter(one.floats, np.float32, len(one.floats)) if one else np.zeros(0)
        if one is not None and one.HasField("t"):
            values = load_tensor(one.t, self.node.folder).ravel()
            if values.dtype != np.float32:
                raise self.refuse(f"'{name}' is {values.dtype}, not float32")
        return self._count(name, values.astype(np.float32, copy=False), count)

    def octets(self, name: str, count: int) -> NDArray[np.uint8]:
        """(n,) uint8 of a tensor."""
        one = self.node.attributes.get(name)
        values = load_tensor(one.t, self.node.folder).ravel() if one else np.zeros(0, np.uint8)
        if values.dtype != np.uint8:
            raise self.fail(f"'{name}' is {values.dtype}, not uint8")
        return np.asarray(self._count(name, values, count))

    def words(self, name: str, count: int, codes: dict[bytes, int]) -> NDArray[np.int8]:
        """(n,) the code of each word; -1 for one without."""
        one = self.node.attributes.get(name)
        words = one.strings if one else ()
        found = np.fromiter((codes.get(word, -1) for word in words), np.int8, len(words))
        return np.asarray(self._count(name, found, count))

    def read_targets(self) -> int:
        """Number of targets."""
        one = self.node.attributes.get("n_targets")
        targets = int(one.i) if one else 0
        if targets < 1:
            raise self.fail(f"'n_targets' is {targets}")
        if targets > MOST_TARGETS:
            raise self.refuse(f"has {targets} targets")
        if self.node.one_column and targets > 1:
            raise self.refuse(f"has {targets} targets, and its output is given another shape")
        return targets

    def read_base(self, targets: int) -> NDArray[np.float32]:
        """(targets,) what leaves are added to: ``base_values``, or the constant behind."""
        base = self.floats("base_values", None)
        if len(base) not in (0, targets):
            raise self.fail(f"'base_values' has {len(base)} values, not {targets}")
        added = self.node.added
        if added is None:
            return base if len(base) else np.zeros(targets, np.float32)
        if len(base):
            raise self.refuse("has base values, and adds a constant as well")
        if len(added) not in (1, targets):
            raise self.refuse(f"adds {len(added)} constants to {targets} targets")
        return np.broadcast_to(added, targets).copy()

    def _count(self, name: str, values: NDArray[Any], count: int | None) -> NDArray[Any]:
        if count is not None and len(values) != count:
            raise self.fail(f"'{name}' has {len(values)} values, not {count}")
        return values
