"""How often each stored number of a layer occurs: figures of a map without a sort."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.product.native import HAS_KERNEL
from smmap.spec.band import Layer

if HAS_KERNEL:
    from smmap.product import _kernel


class Tally:
    """Counts stored numbers, part by part in any order: the sums are exact.

    Parameters
    ----------
    layer
        Whose numbers; its nodata is counted, but in no figure.
    groups
        Of pixels that are counted apart.
    """

    def __init__(self, layer: Layer, groups: int = 1) -> None:
        dtype = np.dtype(layer.dtype)
        self.groups = groups
        """As given."""
        self._fill = layer.fill
        self._unsigned = np.dtype(f"u{dtype.itemsize}")
        self._numbers = np.arange(2 ** (8 * dtype.itemsize), dtype=self._unsigned).view(dtype)
        self._counts = np.zeros((groups, self._numbers.size), np.int64)

    def add(self, stored: NDArray[np.generic], group: NDArray[np.uint8] | None = None) -> None:
        """Count the numbers of a part (y, x), each in its group; None: all in the first.

        Not from several threads at a time.
        """
        numbers = np.ascontiguousarray(stored).view(self._unsigned)
        if HAS_KERNEL and self._unsigned == np.uint16:
            _kernel.count(numbers, group, self._counts)
            return
        codes = numbers if group is None else numbers + group * np.intp(self._numbers.size)
        found = np.bincount(codes.ravel(), minlength=self._counts.size)
        self._counts += found.reshape(self._counts.shape)

    def get_counts(self, groups: int | None = None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers that occur, less the fill, from the lowest on, and how often.

        Parameters
        ----------
        groups
            Only the first so many; None: all.
        """
        counts = self._counts[:groups].sum(axis=0)
        present = (counts > 0) & (self._numbers != self._fill)
        order = np.argsort(self._numbers[present])
        return self._numbers[present][order].astype(np.int64), counts[present][order]

    def count_all(self) -> int:
        """Pixels counted, nodata among them."""
        return int(self._counts.sum())
