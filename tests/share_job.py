"""Work that says how much of what a provider allows its process may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from smmap.store import rate


@dataclass(frozen=True)
class Question:
    id: str


class ShareJob:
    @contextmanager
    def open(self) -> Iterator[Callable[[Question], float | None]]:
        yield lambda _: rate._share
