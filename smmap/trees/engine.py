"""Predicts pixels with a packed forest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import ModelError
from smmap.trees import _kernel
from smmap.trees.cache import open_packed
from smmap.trees.kernels import list_kernels
from smmap.trees.packed import Packed
from smmap.trees.processors import count_processors
from smmap.trees.way import find_fastest_way

_MOST = 16384
_FEWEST = 1024
"""Pixels that go through all trees together: many, so that trees are fetched seldom."""
_ROW_BYTES = 4 << 20
"""Of their rows, or of their sums, at most."""

Array = NDArray[np.float32]


class TreeEngine:
    """A tree ensemble, opened.

    Results are those of the model's own float32 arithmetic: leaves are added to the base value
    in the order of the trees (an average is divided at the end). They depend neither on the
    kernel, nor on the threads, nor on what other pixels come along.

    Parameters
    ----------
    packed
        The forest.
    kernel
        One of ``list_kernels()``; None: the fastest.
    threads
        Threads a prediction may use; None: the processors that the process may use.
    way
        One of ``WAYS``; None: the faster, which is tried out.
    """

    def __init__(
        self,
        packed: Packed,
        kernel: str | None = None,
        threads: int | None = None,
        way: int | None = None,
    ) -> None:
        self.packed = packed
        self.kernel = kernel or list_kernels()[0]
        """Its name."""
        self.threads = threads or count_processors()
        """Threads of a prediction."""
        self._way = find_fastest_way(packed, self.kernel) if way is None else way

    def predict(self, pixels: NDArray[np.floating]) -> Array:
        """Sums of the trees' leaves.

        Parameters
        ----------
        pixels
            (n, features) float32. A NaN follows each branch's direction for missing values;
            infinities and denormals are numbers like others.

        Returns
        -------
        ndarray
            (n, targets) float32.

        Raises
        ------
        ModelError
            If the shape does not fit.
        """
        rows = np.asarray(pixels, np.float32)
        packed = self.packed
        if rows.ndim != 2 or not self._takes(rows.shape[1]):
            raise ModelError(
                f"pixels must have shape (n, {packed.features or f'{packed.needs} or more'}), "
                f"not {rows.shape}"
            )
        out = np.empty((len(rows), packed.targets), np.float32)
        span = self._compute_span(len(rows))
        starts = range(0, len(rows), span)

        def work(start: int) -> None:
            part = slice(start, start + span)
            # Columns that lie one after the other become rows while they are in the cache.
            some = np.ascontiguousarray(rows[part])
            how = self.kernel, self._way
            _kernel.predict(*packed.description, *how, some, rows.shape[1], out[part])

        if self.threads == 1 or len(starts) < 2:
            for start in starts:
                work(start)
        else:
            with ThreadPoolExecutor(min(self.threads, len(starts))) as pool:
                list(pool.map(work, starts))
        return out

    def _takes(self, features: int) -> bool:
        if self.packed.features is not None:
            return features == self.packed.features
        return features >= self.packed.needs

    def _compute_span(self, n: int) -> int:
        """Pixels a piece: every thread has one, none is too small to be worth it."""
        row = max(self.packed.stride * (4 if self.packed.wide else 1), 4 * self.packed.targets)
        most = max(_FEWEST, min(_MOST, _ROW_BYTES // row))
        return min(most, max(_FEWEST, -(-n // self.threads)))


def load_engine(path: Path, kernel: str | None = None, threads: int | None = None) -> TreeEngine:
    """Open an ONNX file's trees; the packed form is made where there is none.

    Raises
    ------
    UnsuitedError
        If it is not a tree ensemble, or of a kind that only ONNX Runtime runs.
    ModelError
        If it is damaged.
    """
    return TreeEngine(open_packed(path), kernel, threads)
