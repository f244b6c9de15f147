"""The operator's attributes as arrays, checked for kind and length."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import ModelError, UnsuitedError
from smmap.trees.onnx_graph import TreeNode
from smmap.trees.wire import Words

MOST_TARGETS = 4096
"""More than that are not read: leaves of several targets are rows of all."""


class Attributes:
    """Reads one operator's attributes; an error names the attribute.

    A list is handed out once: whoever has read it decides how long it stays in memory.

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
        """(n,) integers of at most 32 bits, of the kind that holds them closest.

        Parameters
        ----------
        name
            Of the attribute.
        count
            Its length; None: any.
        default
            What an attribute that is not there is filled with; None: it must be there.
        """
        values = self.node.attributes.pop(name, None)
        if not isinstance(values, np.ndarray) or not len(values):
            if default is None and count != 0:
                raise self.fail(f"'{name}' is not there")
            return np.full(count or 0, default or 0, np.int32)
        if values.dtype.kind not in "iu" or values.dtype.itemsize > 4:
            raise self.fail(f"'{name}' holds no whole numbers, or some that are out of range")
        return self._count(name, values, count)

    def floats(self, name: str, count: int | None) -> NDArray[np.float32]:
        """(n,) float32 of a list of floats or, under the same name, a tensor."""
        if f"{name}_as_tensor" in self.node.attributes:
            raise self.refuse(f"'{name}' is given in another precision than float32")
        values = self.node.attributes.pop(name, None)
        if not isinstance(values, np.ndarray):
            values = np.zeros(0, np.float32)
        if len(np.ravel(values)) and values.dtype != np.float32:
            raise self.refuse(f"'{name}' is {values.dtype}, not float32")
        return self._count(name, values.ravel(), count)

    def octets(self, name: str, count: int) -> NDArray[np.uint8]:
        """(n,) uint8 of a tensor."""
        values = self.node.attributes.pop(name, None)
        if not isinstance(values, np.ndarray) or values.dtype != np.uint8:
            raise self.fail(f"'{name}' is not a tensor of uint8")
        return self._count(name, values.ravel(), count)

    def words(self, name: str, count: int, codes: dict[bytes, int]) -> NDArray[np.int8]:
        """(n,) the code of each word; -1 for one without."""
        words = self.node.attributes.pop(name, None)
        if not isinstance(words, Words):
            raise self.fail(f"'{name}' is not a list of words")
        code_of = np.array([codes.get(word, -1) for word in words.known], np.int8)
        return self._count(name, code_of[words.numbers], count)

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, int):
            raise self.fail(f"'{name}' is not a whole number")
        return value

    def word(self, name: str, default: bytes) -> bytes:
        """A word."""
        value = self.node.attributes.get(name, default)
        if not isinstance(value, bytes):
            raise self.fail(f"'{name}' is not a word")
        return value

    def read_targets(self) -> int:
        """Number of targets."""
        targets = self.number("n_targets", 0)
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
