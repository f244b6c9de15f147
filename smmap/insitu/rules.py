"""Which readings are wanted."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime

from smmap.spec.errors import InsituError
from smmap.spec.period import Period
from smmap.spec.reading_options import ReadingOptions

GOOD = ("G",)
"""The ISMN flag of readings in which nothing wrong was found."""


@dataclass(frozen=True)
class ReadingRules:
    """What a reading must be to be kept.

    The bounds are those of the ISMN's own control: C01 is below 0, C02 above 0.60 m3/m3 (Dorigo
    et al. 2013, doi:10.2136/vzj2012.0097).
    """

    flags: tuple[str, ...] = GOOD
    """Quality flags that are let through; of several flags all must be. Archives without flags
    pass."""
    deepest_m: float | None = 0.05
    """Lowest end of the probe, metres, compared in whole centimetres (a probe at 2 inches is at
    5 cm); None: any depth."""
    lowest: float = 0.0
    """Soil moisture, m3/m3."""
    highest: float = 0.60
    """Soil moisture, m3/m3."""
    period: Period | None = None
    """UTC; None: any time up to ``latest``."""
    latest: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Later times are wrong."""

    def __post_init__(self) -> None:
        """Refuse rules that nothing can pass.

        Raises
        ------
        InsituError
            If bounds are the wrong way round, no flag is let through, or a time has no zone.
        """
        if not self.lowest < self.highest:
            raise InsituError(f"bounds {self.lowest}..{self.highest} m3/m3: the lower one first")
        if not self.flags:
            raise InsituError("no quality flag is let through: name one, for example G")
        if self.deepest_m is not None and not self.deepest_m > 0:
            raise InsituError(f"deepest {self.deepest_m} m: must be above 0")
        if self.latest.tzinfo is None:
            raise InsituError(f"latest time {self.latest}: needs a time zone")

    def is_too_deep(self, depth_to_m: float) -> bool:
        """Whether a probe that reaches down to ``depth_to_m`` is left aside."""
        if self.deepest_m is None or math.isnan(depth_to_m):
            return False
        return round(depth_to_m * 100) > round(self.deepest_m * 100)


def make_rules(options: ReadingOptions, period: Period | None) -> ReadingRules:
    """The rules that a recipe's options come to.

    Raises
    ------
    InsituError
        If nothing can pass them.
    """
    return ReadingRules(
        flags=options.flags,
        deepest_m=options.deepest_m or None,
        highest=options.highest,
        period=period,
    )
