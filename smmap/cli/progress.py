"""What a person sees of a run: a bar while it goes, a table when it is done."""

from __future__ import annotations

from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from smmap.pipeline.metrics import Metrics
from smmap.pipeline.progress import Headway
from smmap.pipeline.run import RunResult
from smmap.product.layout import LAYOUT
from smmap.report.run_report import describe_receipt
from smmap.spec.unit import Receipt
from smmap.store.output import join_address

_ARROWS = {"ascending": "↑", "descending": "↓"}


class TerminalProgress:
    """A progress bar on stderr; passes all it is told on to ``metrics``, if there are any."""

    def __init__(self, *, quiet: bool, metrics: Metrics | None = None) -> None:
        self._metrics = metrics
        self._quiet = quiet
        self._dashboard: str | None = None
        self._bar = Progress(
            TextColumn("mapping"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("overpasses"),
            TextColumn("{task.fields[told]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=quiet,
        )
        self._row = self._bar.add_task("map", total=None, told="")

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

    def start(self, units: int) -> None:
        """So many units will be mapped."""
        self._bar.update(self._row, total=units)
        if self._metrics is not None:
            self._metrics.start(units)

    def finish(self, receipt: Receipt) -> None:
        """One of them is finished."""
        self._bar.update(self._row, advance=1, description=receipt.unit)
        if self._metrics is not None:
            self._metrics.finish(receipt)

    def advance(self, headway: Headway) -> None:
        """A task was handed out or has come back."""
        told = f"{headway.tasks_done}/{headway.tasks} tasks"
        if headway.pixels:
            told += f"  {headway.pixels_a_second / 1e6:.2f} Mpx/s"
        if headway.bytes_read:
            told += f"  {headway.bytes_read / 1e6:,.0f} MB read"
        if headway.failed:
            told += f"  {headway.failed} failed"
        self._bar.update(self._row, told=told)
        if headway.dashboard != self._dashboard and not self._quiet:
            self._dashboard = headway.dashboard
            hint = "" if find_spec("bokeh") else " (its pages need the extra 'dashboard')"
            self._bar.console.print(f"workers: {headway.dashboard}{hint}", highlight=False)
        if self._metrics is not None:
            self._metrics.advance(headway)


def to_plain(result: RunResult) -> dict[str, Any]:
    """A run's result for machines."""
    return {
        "out": result.out,
        "seconds": round(result.seconds, 2),
        "kept": result.kept,
        "empty_tiles": list(result.empty_tiles),
        "done": result.count("done"),
        "empty": result.count("empty"),
        "failed": result.count("failed"),
        "units": [describe_receipt(receipt) for receipt in result.receipts],
    }


def print_result(result: RunResult) -> None:
    """A table of the units of this run and where to look."""
    console = Console(stderr=True)
    if result.receipts:
        console.print(_make_table(result))
    counts = ", ".join(f"{result.count(one)} {one}" for one in ("done", "empty", "failed"))
    console.print(f"{counts}, {result.kept} kept from before; {result.seconds:.1f} s")
    console.print(
        f"catalogue: {join_address(result.out, LAYOUT.catalog)}\n"
        f"report:    {join_address(result.out, LAYOUT.report)}"
    )


def _make_table(result: RunResult) -> Table:
    table = Table(box=None, header_style="dim")
    for heading in ("time (UTC)", "orbit", "status"):
        table.add_column(heading, no_wrap=True)
    for heading in ("valid", "VV dB", "SM", "no flag", "dense", "stale"):
        table.add_column(heading, justify="right", no_wrap=True)
    for receipt in result.receipts:
        overpass, figures = receipt.overpass, receipt.statistics
        table.add_row(
            f"{overpass.datetime:%Y-%m-%d %H:%M}" if overpass else receipt.unit,
            f"{overpass.relative_orbit or '?'}{_ARROWS.get(overpass.orbit_state or '', '')}"
            if overpass
            else "",
            receipt.status,
            _format(figures.get("valid_percent"), "{:.0f} %"),
            _format(figures.get("vv_db_valid_median"), "{:.2f}"),
            _format(figures.get("sm_valid_median"), "{:.3f}"),
            _format(figures.get("unflagged"), "{:.0f}"),
            _format(figures.get("share_dense_vegetation"), "{:.0%}"),
            _format(figures.get("share_stale_optical"), "{:.0%}"),
        )
    return table


def _format(value: float | None, pattern: str) -> str:
    return "–" if value is None else pattern.format(value)
