"""The days of a mosaic run on their way: which shards are to come, and what becomes of each."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from smmap.mosaic.commit import DayReceipt, commit_day, put_documents
from smmap.mosaic.pieces import DayPiece, DonePiece, PicturesPiece, ShardPiece
from smmap.mosaic.plan import DayPlan, MosaicPlan
from smmap.mosaic.shard_record import read_records
from smmap.mosaic.source import OverpassMap
from smmap.product.layout import LAYOUT
from smmap.spec.errors import ArchiveError

logger = logging.getLogger(__name__)


@dataclass
class _Day:
    """A day that is not committed yet."""

    plan: DayPlan
    missing: set[str] = field(default_factory=set)
    counts: Counter[int] = field(default_factory=Counter)
    failed: bool = False


class Board:
    """Makes pieces of days, and days of what the pieces leave."""

    def __init__(self, plan: MosaicPlan, staging: Path) -> None:
        self._plan = plan
        self._staging = staging
        self._days = {day.unit.id: _Day(day) for day in plan.days if day.state != "done"}

    def list_pieces(self) -> list[DayPiece]:
        """What is to be done first: shards that are not there; of whole days the pictures."""
        return [piece for day in self._days.values() for piece in self._list_of(day)]

    def find_day(self, piece: DayPiece) -> DayPlan:
        """The day of a piece."""
        return self._days[piece.unit.id].plan

    def fail(self, piece: DayPiece, reason: str) -> DonePiece:
        """Leave a note of why the piece's day cannot be made."""
        logger.error("%s: given up: %s", piece.id, reason)
        unit = piece.unit
        note = {"unit": unit.id, "fingerprint": unit.fingerprint, "reason": reason}
        path = LAYOUT.failed(unit.id)
        self._plan.out.put(path, json.dumps(note, indent=1).encode(), self._staging)
        return DonePiece(failure=reason)

    def settle(self, piece: DayPiece, left: DonePiece) -> tuple[DayReceipt | None, DayPiece | None]:
        """The day's receipt if this was its end, and the piece that is to follow now, if any."""
        day = self._days[piece.unit.id]
        if day.failed:
            return None, None
        if left.failure:
            day.failed = True
            return self._describe_failure(day, left.failure), None
        if left.files is not None:
            return commit_day(day.plan, self._plan, day.counts, left.files, self._staging), None
        day.missing.discard(piece.name if isinstance(piece, ShardPiece) else "")
        day.counts.update(left.counts or {})
        if day.missing:
            return None, None
        return self._finish_shards(day)

    def _finish_shards(self, day: _Day) -> tuple[DayReceipt | None, DayPiece | None]:
        if not day.counts:
            return commit_day(day.plan, self._plan, day.counts, {}, self._staging), None
        piece = PicturesPiece(day.plan.unit, day.plan.target)
        try:
            put_documents(day.plan, self._plan, self._staging)
        except ArchiveError as error:
            left = self.fail(piece, str(error))
            day.failed = True
            return self._describe_failure(day, left.failure), None
        return None, piece

    def _describe_failure(self, day: _Day, reason: str) -> DayReceipt:
        return DayReceipt(day.plan.unit.id, "failed", None, len(day.plan.maps), 0, reason)

    def _list_of(self, day: _Day) -> Iterator[DayPiece]:
        """A day's shards; the last one again where all are there, so that the rest follows."""
        there = read_records(self._plan.out, day.plan.target)
        pieces = list(_cut(day.plan, self._plan.reference_s))
        todo = [piece for piece in pieces if piece.name not in there] or pieces[-1:]
        day.missing = {piece.name for piece in todo}
        for piece in pieces:
            if piece.name not in day.missing:
                day.counts.update(there[piece.name])
        yield from todo


def _cut(day: DayPlan, reference_s: int) -> Iterator[ShardPiece]:
    for shard in day.list_shards():
        windows = tuple(
            (window, _slim(one)) for window, one in day.windows if window.overlap(shard)
        )
        yield ShardPiece(day.unit, day.target, shard, windows, reference_s)


def _slim(one: OverpassMap) -> OverpassMap:
    """Without the item's links, which are many and nobody reads on a worker."""
    document = one.committed.document | {"links": []}
    return replace(one, committed=replace(one.committed, document=document))
