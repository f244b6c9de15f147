"""What a ratio should reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """A bound on ``ours / yardstick``."""

    kind: Literal["at least", "at most"]
    """``at least`` for speeds and shares, ``at most`` for times, memory and differences."""
    bound: float
    """Of the ratio."""

    def is_met(self, ratio: float) -> bool:
        """Whether that ratio reaches it."""
        return ratio >= self.bound if self.kind == "at least" else ratio <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.kind == "at least" else "≤"
        return f"{sign} {self.bound:.3g}"
