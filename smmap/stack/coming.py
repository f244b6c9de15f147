"""What of a file the blocks that a task has yet to read will ask for.

Nothing hangs on it but what is kept in memory.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from smmap.spec.errors import GridError
from smmap.spec.tile import Block
from smmap.stack.positions import estimate_window

Windows = NDArray[np.int64]
"""(n, 4): first row, row after the last, first column, column after the last; zeros: nothing."""


@dataclass(frozen=True)
class Order:
    """Blocks of one grid in the order in which they are read."""

    blocks: Sequence[Block]
    readers: int = 1
    """Threads that take them one by one."""
    windows: dict[Hashable, Windows] = field(default_factory=dict)
    """Of each block, by what they are windows of: found when they are first asked for."""

    def find_beside(self, number: int, read: Block) -> Block | None:
        """What is read at the same time as ``read`` is for that block, in the same row, by another.

        Of two blocks at most: what two need of a file lies in few pieces, each a request.
        """
        other = number ^ 1
        if self.readers < 2 or other >= len(self.blocks):
            return None
        here, there = self.blocks[number], self.blocks[other]
        return move(read, here, there) if here.row == there.row else None


_PLACE: ContextVar[tuple[Order, int] | None] = ContextVar("place", default=None)


@contextmanager
def come_to(order: Order, number: int) -> Iterator[None]:
    """Read that block of them within."""
    token = _PLACE.set((order, number))
    try:
        yield
    finally:
        _PLACE.reset(token)


def find_beside(read: Block) -> Block | None:
    """`Order.find_beside` of the block that is read now; None where nobody knows (`come_to`)."""
    place = _PLACE.get()
    return place and place[0].find_beside(place[1], read)


def find_coming(read: Block, transform: Affine, crs: str, shape: tuple[int, int]) -> Windows | None:
    """Windows of a file that later blocks need, nearly; None where nobody knows (`come_to`).

    Parameters
    ----------
    read
        What was read of the file for this block.
    transform, crs, shape
        The file's.
    """
    place = _PLACE.get()
    if place is None:
        return None
    order, number = place
    # Not the grid itself: to hash its coordinate system is to write it out.
    key = read.geobox.affine, transform, crs, shape
    if key not in order.windows:
        here = order.blocks[number]
        moved = (move(read, here, there) for there in order.blocks)
        found = (one and estimate_window(one, transform, crs, shape) for one in moved)
        order.windows[key] = np.array([one or (0, 0, 0, 0) for one in found])
    return order.windows[key][number + 1 :]


def move(read: Block, here: Block, there: Block) -> Block | None:
    """What lies around ``there`` as ``read`` does around ``here``, on a grid as fine or finer."""
    fine, coarse = read.geobox.shape, here.geobox.shape
    factor = fine[0] // coarse[0]
    if tuple(fine) != (factor * coarse[0], factor * coarse[1]):
        return None
    top, left, height, width = (
        factor * (getattr(there, name) - getattr(here, name))
        for name in ("row", "col", "height", "width")
    )
    try:
        return Block(
            read.geobox,
            read.row + top,
            read.col + left,
            read.height + height,
            read.width + width,
        )
    except GridError:  # a part of a block that is larger than the next
        return None
