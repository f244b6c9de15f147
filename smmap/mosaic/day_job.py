"""A mosaic run as workers know it: from a piece of a day to its files, in any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from smmap.mosaic.pictures import publish_pictures
from smmap.mosaic.pieces import DayPiece, DonePiece, ShardPiece
from smmap.mosaic.shard import publish_shard
from smmap.spec.errors import StoreError
from smmap.store.open import open_output_store

MEMORY_BYTES = 600 * 2**20
"""Of a worker with a piece: its libraries, a shard's layers and a patch's points; measured as
0.39 GB with two pieces at once, rounded up."""


@dataclass(frozen=True)
class DayJob:
    """Does the pieces of days; see `Job`."""

    out: str
    """Address of the output; of a folder the absolute path."""
    staging: Path | None
    """The driver's own folder in it, where the output is a folder: a worker that does not see it
    writes elsewhere."""

    @contextmanager
    def open(self) -> Iterator[Callable[[DayPiece], DonePiece]]:
        """What does a piece."""
        if self.staging is not None and not self.staging.is_dir():
            raise StoreError(
                f"a worker does not see {self.out}; choose an output on a file system that all "
                "workers share under the same name"
            )
        out = open_output_store(self.out)
        with out.open_staging() as staging:

            def work(piece: DayPiece) -> DonePiece:
                if isinstance(piece, ShardPiece):
                    return DonePiece(counts=publish_shard(piece, out, staging))
                return DonePiece(files=publish_pictures(piece, out, staging))

            yield work
