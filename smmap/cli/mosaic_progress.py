"""What a person sees of a mosaic while it is made."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from smmap.mosaic.commit import DayReceipt


class MosaicProgress:
    """A progress bar on stderr."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._days = self._done = self._failed = 0
        self._bar = Progress(
            TextColumn("merging"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("shards"),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=quiet,
        )
        self._row = self._bar.add_task("merge", total=None, told="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def start(self, days: int, pieces: int, dashboard: str | None) -> None:
        """So many days will be made, of so many shards."""
        self._days = days
        self._bar.update(self._row, total=pieces, told=f"{days} days")
        if dashboard is not None and not self._quiet:
            self._bar.console.print(f"workers: {dashboard}", highlight=False)

    def advance(self) -> None:
        """A shard is there."""
        self._bar.update(self._row, advance=1)

    def finish(self, receipt: DayReceipt) -> None:
        """A day is finished."""
        self._done += 1
        self._failed += receipt.status == "failed"
        told = f"{self._done}/{self._days} days"
        if self._failed:
            told += f"  {self._failed} failed"
        self._bar.update(self._row, told=told)
