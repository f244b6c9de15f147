"""What workers do of a day: its shards, each alone; then its pictures, from all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from smmap.mosaic.source import OverpassMap
from smmap.product.daily_layout import DayUnit
from smmap.product.stored_file import StoredFile
from smmap.spec.tile import Block


@dataclass(frozen=True)
class ShardPiece:
    """One shard of a day, with the maps that touch it."""

    unit: DayUnit
    """The day."""
    target: str
    """Folder of the day's files, relative to the output."""
    shard: Block
    """Whole, in canvas pixels."""
    windows: tuple[tuple[Block, OverpassMap], ...]
    """Which cells each map may touch."""
    reference_s: int
    """Seconds since local midnight that overpasses should be near to."""

    @property
    def id(self) -> str:
        """Unique in its run."""
        return f"{self.unit.id}/{self.name}"

    @property
    def name(self) -> str:
        """First row and column of the shard."""
        return f"{self.shard.row}_{self.shard.col}"


@dataclass(frozen=True)
class PicturesPiece:
    """COGs, styles and thumbnail of a day whose shards are all there."""

    unit: DayUnit
    """The day."""
    target: str
    """Folder of the day's files, relative to the output."""

    @property
    def id(self) -> str:
        """Unique in its run."""
        return f"{self.unit.id}/pictures"


DayPiece = ShardPiece | PicturesPiece


@dataclass(frozen=True)
class DonePiece:
    """What a piece left."""

    counts: Mapping[int, int] | None = None
    """Of a shard: how often each stored value of ``sm`` occurs."""
    files: Mapping[str, StoredFile] | None = None
    """Of pictures: the files by asset name."""
    failure: str = ""
    """Why it was given up."""
