"""Unpacked blocks in memory: those that will be read again rather than those that are done with."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

BlockKey: TypeAlias = tuple[str, str, int, int]
"""Address, what of it (a band, a mask), row and column of the block."""
Stored: TypeAlias = NDArray[np.generic]


class KeptBlocks:
    """By key; for one thread at a time.

    The least recently used go first, and before all others those that are done with. What is held
    stays.

    Parameters
    ----------
    most_bytes
        Of all; at most half of it is held.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._wanted: OrderedDict[BlockKey, Stored] = OrderedDict()
        self._done: OrderedDict[BlockKey, Stored] = OrderedDict()
        self._holders: Counter[BlockKey] = Counter()
        self._bytes = self._held_bytes = 0

    def __contains__(self, key: BlockKey) -> bool:
        return key in self._wanted or key in self._done

    def get(self, key: BlockKey) -> Stored | None:
        """A block, if it is there: it is used."""
        for blocks in (self._wanted, self._done):
            if key in blocks:
                blocks.move_to_end(key)
                return blocks[key]
        return None

    def put(self, key: BlockKey, block: Stored) -> None:
        """Keep one that is not there."""
        self._wanted[key] = block
        self._bytes += block.nbytes
        while self._bytes > self._most_bytes and (other := self._find_least()) is not None:
            self._bytes -= (self._done if other in self._done else self._wanted).pop(other).nbytes

    def finish(self, key: BlockKey) -> None:
        """Be done with one, most likely."""
        if key in self._wanted:
            self._done[key] = self._wanted.pop(key)

    def hold(self, keys: Collection[BlockKey], each_bytes: int) -> list[BlockKey]:
        """Have blocks stay, also those that are yet to come, until they are let go.

        Returns
        -------
        list of keys
            Those for which there is room.
        """
        free = (self._most_bytes // 2 - self._held_bytes) // each_bytes
        held = []
        for key in keys:
            if key in self._holders or free > 0:
                free -= key not in self._holders
                self._held_bytes += 0 if key in self._holders else each_bytes
                self._holders[key] += 1
                held.append(key)
        return held

    def let_go(self, keys: Collection[BlockKey], each_bytes: int) -> None:
        """Once for each time that they were held."""
        for key in keys:
            self._holders[key] -= 1
            if not self._holders[key]:
                del self._holders[key]
                self._held_bytes -= each_bytes

    def clear(self) -> None:
        """Forget all of them."""
        self._wanted.clear()
        self._done.clear()
        self._bytes = 0

    def _find_least(self) -> BlockKey | None:
        """The one to go next, if any may."""
        either = (key for kept in (self._done, self._wanted) for key in kept)
        return next((key for key in either if key not in self._holders), None)
