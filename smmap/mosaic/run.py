"""From an output's overpass maps to its daily level: what is committed already stays."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from smmap.archive.daily_indexes import publish_level, publish_series
from smmap.archive.indexes import check_collections
from smmap.mosaic.commit import DayReceipt, commit_day
from smmap.mosaic.plan import Asked, DayPlan, MosaicPlan, plan_mosaic
from smmap.product.daily_layout import get_daily_collection
from smmap.spec.errors import SmmapError
from smmap.store.gdal import open_environment
from smmap.store.output import OutputStore

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Is told how a mosaic goes on."""

    def start(self, days: int) -> None:
        """So many days will be made."""

    def finish(self, receipt: DayReceipt) -> None:
        """One of them is finished."""


@dataclass(frozen=True)
class MosaicResult:
    """What a mosaic run did."""

    out: str
    """Address of the output."""
    receipts: tuple[DayReceipt, ...]
    """Of the days of this run."""
    kept: int
    """Days that were committed before and are up to date."""
    seconds: float
    """How long it took."""


def make_mosaic(
    source: str | Path | OutputStore,
    asked: Asked,
    target: str | Path | OutputStore | None = None,
    *,
    threads: int = 2,
) -> MosaicResult:
    """Merge the overpass maps of an output into daily mosaics; arguments as of `plan_mosaic`.

    Raises
    ------
    SmmapError
        One clear error; what was committed before it stays whole.
    """
    return run_mosaic(plan_mosaic(source, asked, target), threads=threads)


def run_mosaic(
    plan: MosaicPlan, progress: Progress | None = None, *, threads: int = 2
) -> MosaicResult:
    """Carry out a plan: day by day, ``threads`` shards at once."""
    started = time.monotonic()
    todo = [day for day in plan.days if day.state != "done"]
    canvases = {day.unit.series: day.unit.canvas for day in plan.days}
    check_collections(
        plan.out, {get_daily_collection(series): one for series, one in canvases.items()}
    )
    if progress is not None:
        progress.start(len(todo))
    receipts: list[DayReceipt] = []
    with plan.out.open_staging() as staging, open_environment():
        for _, days in groupby(plan.days, key=lambda day: day.unit.series):
            with _publish_after(list(days), plan.out, staging) as series:
                for day in series:
                    if day.state != "done":
                        receipts.append(commit_day(day, plan, staging, threads=threads))
                        if progress is not None:
                            progress.finish(receipts[-1])
    kept = len(plan.days) - len(todo)
    return MosaicResult(plan.out.address, tuple(receipts), kept, time.monotonic() - started)


@contextmanager
def _publish_after(days: list[DayPlan], out: OutputStore, staging: Path) -> Iterator[list[DayPlan]]:
    """Publish a series at the end; after an error too, as far as that goes, and pass it on."""

    def publish() -> None:
        publish_series(out, days[0].unit.series, days[0].unit.canvas, staging)
        publish_level(out, staging)

    try:
        yield days
    except BaseException:
        with suppress(SmmapError):
            publish()
        raise
    publish()
