"""Which way pixels that part from each other go down the trees: vector lanes or plain registers.

Both give the same bits. Lanes gather from memory, which some processors do much faster than others
(or did, before they were mended against leaks), so it is tried out.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from smmap.trees import _kernel
from smmap.trees.image import compute_float
from smmap.trees.packed import Packed

WAYS = (0, 1)
"""Lanes of vectors, chains of registers: as in the kernel."""
_ROUNDS = 3
_ROWS = 512
_TREES = 32
"""Of the forest, at most: a few milliseconds."""
_SEED = 5


def find_fastest_way(packed: Packed, kernel: str) -> int:
    """The way that takes less of a processor's time for drawn pixels and the first trees."""
    some = replace(packed, arrays={**packed.arrays, "trees": packed.arrays["trees"][:_TREES]})
    rows = draw_pixels(packed, _ROWS)
    out = np.empty((len(rows), packed.targets), np.float32)

    def measure(way: int) -> float:
        start = time.thread_time()
        _kernel.predict(*some.description, kernel, way, rows, rows.shape[1], out)
        return time.thread_time() - start

    spent = [[measure(way) for way in WAYS] for _ in range(_ROUNDS)]
    return int(np.argmin(np.min(spent, axis=0)))


def draw_pixels(packed: Packed, count: int) -> NDArray[np.float32]:
    """Pixels, (count, features), that the first trees' branches send this way and that."""
    rng = np.random.default_rng(_SEED)
    rows = np.zeros((count, max(packed.features or packed.needs, 1)), np.float32)
    for column, cuts in enumerate(_list_cuts(packed)):
        if len(cuts):
            feature = packed.arrays["columns"]["feature"][column]
            rows[:, feature] = compute_float(rng.choice(cuts, count))
    return rows


def _list_cuts(packed: Packed) -> list[NDArray[np.uint32]]:
    """Of each column, images of numbers that branches compare it with."""
    columns = packed.arrays["columns"]
    if not packed.wide:
        cuts = packed.arrays["cuts"]
        ends = columns["first"] + columns["count"]
        return [cuts[first:end] for first, end in zip(columns["first"], ends, strict=True)]
    last = packed.arrays["trees"][:_TREES][-1]
    nodes = packed.arrays["nodes"][: int(last["first"]) + int(last["size"])]
    at = nodes >> np.uint64(32) & np.uint64((1 << packed.bits) - 1)
    keys = nodes.astype(np.uint32)
    return [keys[at == column] for column in range(len(columns))]
