"""One measured figure, and what it is held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from smmap.bench.goal import Goal


@dataclass(frozen=True)
class Comparison:
    """One row of the table."""

    name: str
    """What was measured."""
    threads: int
    """Threads, or processors, of either side."""
    unit: str
    """Of both figures."""
    ours: float
    """Our figure: a median where it is a time or a speed."""
    yardstick: float | None = None
    """The other figure, greater than 0; None where ours stands alone."""
    yardstick_name: str | None = None
    """Whose it is."""
    goal: Goal | None = None
    """None: for information."""

    @property
    def ratio(self) -> float | None:
        """``ours / yardstick``."""
        return None if self.yardstick is None else self.ours / self.yardstick

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without one."""
        if self.goal is None or self.ratio is None:
            return None
        return self.goal.is_met(self.ratio)

    def __str__(self) -> str:
        """On one line."""
        text = f"{self.name}, {self.threads} threads: {self.ours:.4g} {self.unit}"
        if self.yardstick is not None:
            text += f", {self.yardstick_name}: {self.yardstick:.4g}, ratio {self.ratio:.3g}"
        return text if self.met is None else f"{text}, goal {'met' if self.met else 'missed'}"

    def to_plain(self) -> dict[str, Any]:
        """For JSON: the goal as its bound."""
        return {
            "name": self.name,
            "threads": self.threads,
            "unit": self.unit,
            "ours": self.ours,
            "yardstick": self.yardstick,
            "yardstick_name": self.yardstick_name,
            "ratio": self.ratio,
            "goal": None if self.goal is None else self.goal.bound,
            "met": self.met,
        }


def compare_speeds(
    name: str,
    threads: int,
    megapixels: float,
    seconds: Mapping[str, float],
    goal: Goal | None = None,
) -> Comparison:
    """Mpx/s of two sides: ``ours`` is ours, the other's key is its name."""
    (other,) = seconds.keys() - {"ours"}
    ours, theirs = megapixels / seconds["ours"], megapixels / seconds[other]
    return Comparison(name, threads, "Mpx/s", ours, theirs, other, goal)


Comparisons = Iterable[Comparison]
"""Rows, each as soon as it is measured."""
