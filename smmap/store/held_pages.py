"""Pages of one file in memory: those that somebody holds, and the last few besides."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection
from typing import TypeAlias

_RECENT = 8
"""Pages that nobody holds: what lies around windows is read again."""

Page: TypeAlias = bytes | memoryview
"""By itself, or a part of the piece of an answer that it came with, which it keeps in memory."""


class HeldPages:
    """By number; for one thread at a time."""

    def __init__(self) -> None:
        self._holders: Counter[int] = Counter()
        self._held: dict[int, Page] = {}
        self._recent: OrderedDict[int, bytes] = OrderedDict()

    def hold(self, numbers: Collection[int]) -> None:
        """Keep these from now on, also those that are yet to come, until they are let go."""
        self._holders.update(numbers)
        for number in numbers:
            if number in self._recent:
                self._held[number] = self._recent.pop(number)

    def let_go(self, numbers: Collection[int]) -> None:
        """Once for each time that they were held."""
        free = []
        for number in numbers:
            self._holders[number] -= 1
            if not self._holders[number]:
                del self._holders[number]
                free.append(number)
        pages = [(one, self._held.pop(one)) for one in free if one in self._held]
        for number, page in pages[-_RECENT:]:
            self.put(number, page)

    def find(self, numbers: Collection[int]) -> dict[int, Page]:
        """Those of them that are there."""
        found = {one: self._held[one] for one in numbers if one in self._held}
        for number in [one for one in self._recent if one in numbers]:
            self._recent.move_to_end(number)
            found[number] = self._recent[number]
        return found

    def put(self, number: int, page: Page) -> None:
        """Keep a page for as long as it is held, or among the last few."""
        if self._holders[number]:
            self._held[number] = page
            return
        self._recent[number] = bytes(page)
        self._recent.move_to_end(number)
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)
