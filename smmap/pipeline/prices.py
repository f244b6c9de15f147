"""What a plan costs, at prices that its user knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_GB = 1e9


@dataclass(frozen=True)
class Prices:
    """In any currency; what is not given costs nothing and is not in the sum."""

    core_hour: float | None = None
    """Of one core for an hour."""
    gb_read: float | None = None
    """Of 10^9 bytes read."""
    gb_written: float | None = None
    """Of 10^9 bytes written, kept as long as the price says."""

    def compute_cost(self, totals: Mapping[str, Any]) -> dict[str, float]:
        """Cost by kind and their sum, from an estimate's totals; nothing without a price."""
        amounts = {
            "cost_compute": (self.core_hour, totals["core_hours"]),
            "cost_read": (self.gb_read, totals["bytes_read"] / _GB),
            "cost_written": (self.gb_written, totals["bytes_written"] / _GB),
        }
        costs = {
            name: round(price * amount, 2)
            for name, (price, amount) in amounts.items()
            if price is not None
        }
        return costs | {"cost": round(sum(costs.values()), 2)} if costs else {}
