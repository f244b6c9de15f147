"""From an output's overpass maps to its daily level: what is committed already stays."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from smmap.archive.daily_indexes import publish_level, publish_series
from smmap.archive.indexes import check_collections
from smmap.archive.publisher import Publisher, open_publisher
from smmap.crew.open_crew import open_crew
from smmap.crew.work_queue import WorkQueue
from smmap.crew.workforce import choose_cluster
from smmap.mosaic.board import Board
from smmap.mosaic.commit import DayReceipt
from smmap.mosaic.day_job import MEMORY_BYTES, DayJob
from smmap.mosaic.pieces import DayPiece
from smmap.mosaic.plan import Asked, MosaicPlan, plan_mosaic
from smmap.product.daily_layout import get_daily_collection
from smmap.spec.cluster import Cluster
from smmap.spec.errors import ConfigError, StoreError
from smmap.store.folder import FolderOutput
from smmap.store.output import OutputStore


class Progress(Protocol):
    """Is told how a mosaic goes on."""

    def start(self, days: int, pieces: int, dashboard: str | None) -> None:
        """So many days will be made, of so many shards."""

    def advance(self) -> None:
        """A shard is there."""

    def finish(self, receipt: DayReceipt) -> None:
        """A day is finished."""


@dataclass(frozen=True)
class MosaicResult:
    """What a mosaic run did."""

    out: str
    """Address of the output."""
    receipts: tuple[DayReceipt, ...]
    """Of the days of this run, by canvas and day."""
    kept: int
    """Days that were committed before and are up to date."""
    seconds: float
    """How long it took."""

    def count(self, status: str) -> int:
        """Days of this run with that status."""
        return sum(receipt.status == status for receipt in self.receipts)


def make_mosaic(
    source: str | Path | OutputStore,
    asked: Asked,
    target: str | Path | OutputStore | None = None,
    *,
    threads: int = 2,
    workers: int | None = None,
    scheduler: str | None = None,
) -> MosaicResult:
    """Merge the overpass maps of an output into daily mosaics.

    Parameters
    ----------
    source, asked, target
        As of `plan_mosaic`.
    threads
        Shards at once in this process.
    workers
        So many processes on this machine instead, a shard at a time each. A script that asks for
        them needs ``if __name__ == "__main__":`` around what it does.
    scheduler
        Address of a Dask scheduler whose workers do the shards, likewise.

    Raises
    ------
    SmmapError
        One clear error; what was committed before it stays whole, and a rerun goes on from the
        shards that are there.
    """
    cluster = choose_cluster(None, workers=workers, scheduler=scheduler)
    return run_mosaic(plan_mosaic(source, asked, target), threads=threads, cluster=cluster)


def run_mosaic(
    plan: MosaicPlan,
    progress: Progress | None = None,
    *,
    threads: int = 2,
    cluster: Cluster | None = None,
) -> MosaicResult:
    """Carry out a plan, shard by shard; a day that cannot be made costs that day."""
    started = time.monotonic()
    canvases = {day.unit.series: day.unit.canvas for day in plan.days}
    check_collections(
        plan.out, {get_daily_collection(series): one for series, one in canvases.items()}
    )
    receipts: dict[str, DayReceipt] = {}
    with plan.out.open_staging() as staging:
        board = Board(plan, staging)
        pieces = board.list_pieces()
        job = _describe_job(plan.out, staging)
        with (
            _open_publisher(plan, staging) as publisher,
            open_crew(cluster if pieces else None, job, MEMORY_BYTES, threads=threads) as crew,
        ):
            if progress is not None:
                days = len({piece.unit.id for piece in pieces})
                progress.start(days, len(pieces), crew.dashboard)

            def begin(piece: DayPiece) -> None:
                publisher.begin(piece.unit.series)

            queue = WorkQueue(
                pieces, crew, board.fail, begin=begin, ends_the_run=(StoreError, ConfigError)
            )
            for piece, left, _ in queue.run():
                receipt, following = board.settle(piece, left)
                if following is not None:
                    queue.add_next(following)
                if progress is not None and left.counts is not None:
                    progress.advance()
                if receipt is not None:
                    receipts[receipt.unit] = receipt
                    publisher.finish(piece.unit.series)
                    if progress is not None:
                        progress.finish(receipt)
    kept = len(plan.days) - len(receipts)
    ordered = tuple(receipts[day.unit.id] for day in plan.days if day.unit.id in receipts)
    return MosaicResult(plan.out.address, ordered, kept, time.monotonic() - started)


def _describe_job(out: OutputStore, staging: Path) -> DayJob:
    if isinstance(out, FolderOutput):
        return DayJob(str(out.root.resolve()), staging.resolve())
    return DayJob(out.address, None)


def _open_publisher(plan: MosaicPlan, staging: Path) -> AbstractContextManager[Publisher]:
    """A series is published when its last day is over."""
    canvases = {day.unit.series: day.unit.canvas for day in plan.days}
    work = Counter(dict.fromkeys(canvases, 0))
    work.update(day.unit.series for day in plan.days if day.state != "done")

    def publish(series: str) -> None:
        publish_series(plan.out, series, canvases[series], staging)

    return open_publisher(work, publish, lambda: publish_level(plan.out, staging))
