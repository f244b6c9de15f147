"""Fetches what the next block needs of a remote band while this block is unpacked and computed.

What the blocks of a task need of a band lies the same way around each of them: as soon as one has
been read of it, the same is fetched for the block to which the reading thread will come next.
Where that is not what is read then, bytes were fetched in vain, and no pixel is another.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock

from smmap.spec.band import Band
from smmap.spec.tile import Block
from smmap.stack.coming import Order, come_to, move
from smmap.stack.file_cache import get_file_cache
from smmap.stack.holding import Holding, name_read
from smmap.stack.room import Room
from smmap.store.dataset import is_remote

_ROOM = Room(64 * 2**20)
"""Compressed bytes that wait for blocks which nobody reads yet, of the whole process."""


@dataclass
class _Turn:
    """One block of a task: what was fetched of it, and the block after it."""

    order: Order
    number: int
    """Of the block in it."""
    following: _Turn | None
    """To be read by the same thread, most likely."""
    held: dict[Hashable, Holding] = field(default_factory=dict)
    begun: bool = False
    """True: somebody reads it, and nothing more is fetched early."""
    lock: Lock = field(default_factory=Lock)

    @property
    def block(self) -> Block:
        """Which it is."""
        return self.order.blocks[self.number]

    def fetch(self, band: Band, block: Block) -> None:
        """Have a band's bytes at hand, unless it is too late."""
        name = name_read(band, block)
        with self.lock:
            if not self.begun and name not in self.held:
                beside = self.order.find_beside(self.number, block)
                self.held[name] = Holding(band, block, _ROOM, beside)

    def drop(self) -> None:
        """Give up what nobody took; nothing more is fetched."""
        with self.lock:
            self.begun = True
        while self.held:
            self.held.popitem()[1].drop()


_Turns = dict[tuple[int, int], _Turn]
_TURNS: ContextVar[_Turns | None] = ContextVar("turns", default=None)
"""By the block's first row and column."""
_TURN: ContextVar[_Turn | None] = ContextVar("turn", default=None)


@contextmanager
def foresee_blocks(blocks: Sequence[Block], readers: int) -> Iterator[None]:
    """Say in which order blocks will be read within, each in a `begin_block` of its own.

    Parameters
    ----------
    blocks
        Of one grid.
    readers
        Threads that take them one by one.
    """
    turns: _Turns = {}
    order = Order(blocks, readers)
    for number in reversed(range(len(blocks))):
        after = blocks[number + readers] if number + readers < len(blocks) else None
        following = turns[after.row, after.col] if after else None
        turns[blocks[number].row, blocks[number].col] = _Turn(order, number, following)
    token = _TURNS.set(turns)
    try:
        yield
    finally:
        _TURNS.reset(token)
        for turn in turns.values():
            turn.drop()


@contextmanager
def begin_block(block: Block) -> Iterator[None]:
    """Have what is read within fetched for the next block, too, where files are kept open."""
    turn = (_TURNS.get() or {}).get((block.row, block.col))
    if turn is None or get_file_cache() is None:
        yield
        return
    with turn.lock:
        turn.begun = True
    token = _TURN.set(turn)
    try:
        with come_to(turn.order, turn.number):
            yield
    finally:
        _TURN.reset(token)
        turn.drop()


def find_early(band: Band, block: Block) -> bool:
    """Whether a band's bytes were fetched while the block before was read, or are on their way."""
    turn = _TURN.get()
    holding = turn and turn.held.get(name_read(band, block))
    return bool(holding and not holding.empty)


def take_early(band: Band, block: Block) -> Holding | None:
    """What was fetched of a band while the block before was read."""
    turn = _TURN.get()
    return turn.held.pop(name_read(band, block), None) if turn and turn.held else None


def fetch_following(band: Band, block: Block) -> None:
    """Fetch for the next block what has just been read for this one."""
    turn = _TURN.get()
    if turn is None or turn.following is None or not is_remote(band.href):
        return
    moved = move(block, turn.block, turn.following.block)
    if moved is not None:
        turn.following.fetch(band, moved)
