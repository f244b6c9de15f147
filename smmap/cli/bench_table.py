"""What a person sees of the benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from smmap.bench.comparison import Comparison
from smmap.bench.machine import describe_machine
from smmap.bench.make_models import make_models

_CONSOLE = Console(width=None if Console().is_terminal else 150)


def print_machine() -> None:
    """On what the figures are taken."""
    for line in describe_machine():
        _CONSOLE.print(line, highlight=False)


def print_models(out: Path, *, small: bool) -> None:
    """Make the models, and tell of each when it is there."""
    for made in make_models(out, small=small):
        _CONSOLE.print(
            f"{out / made.name}: {made.parts:,} nodes or weights, {made.megabytes:,.1f} MB, "
            f"made in {made.seconds:.0f} s",
            highlight=False,
            soft_wrap=True,
        )


def print_table(name: str, rows: Sequence[Comparison]) -> None:
    """One benchmark's rows."""
    table = Table(title=name, title_justify="left")
    for column in ("what", "beside"):
        table.add_column(column)
    for column in ("threads", "ours", "theirs", "unit", "ratio", "goal", "met"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            row.name,
            row.yardstick_name or "",
            str(row.threads),
            _format(row.ours),
            _format(row.yardstick),
            row.unit,
            _format(row.ratio),
            str(row.goal or ""),
            {True: "yes", False: "NO", None: ""}[row.met],
        )
    _CONSOLE.print(table)


def _format(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,.4g}"
