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
        self._bar = Progress(
            TextColumn("merging"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("days"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=quiet,
        )
        self._row = self._bar.add_task("merge", total=None)

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

    def start(self, days: int) -> None:
        """So many days will be made."""
        self._bar.update(self._row, total=days)

    def finish(self, receipt: DayReceipt) -> None:
        """One of them is finished."""
        self._bar.update(self._row, advance=1, description=receipt.unit)
