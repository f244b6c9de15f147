"""A piece of work: overpasses of one tile, and the pixels that are wanted of each."""

from __future__ import annotations

from dataclasses import dataclass

from smmap.spec.unit import Task, compute_fingerprint
from smmap.version import __version__

Place = tuple[int, int]
"""Row and column in the tile."""


@dataclass(frozen=True)
class Batch:
    """Some overpasses of a tile: static and optical inputs are read once for all of them."""

    task: Task
    """Its units, by time; their area holds all pixels."""
    places: tuple[tuple[Place, ...], ...]
    """Of each unit the pixels that are wanted, sorted."""

    @property
    def id(self) -> str:
        """In every log line of the work on it."""
        return self.task.id

    @property
    def fingerprint(self) -> str:
        """Digest of all that decides its rows: what the units' cover, and which pixels."""
        units = [
            [unit.fingerprint, [list(one) for one in places]]
            for unit, places in zip(self.task.units, self.places, strict=True)
        ]
        return compute_fingerprint({"smmap": __version__, "units": units})
