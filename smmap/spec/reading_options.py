"""Which readings of stations are samples, and of what ground: as a training recipe wants them."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field

from smmap.spec.options import Options


class ReadingOptions(Options):
    """What `smmap samples` and `smmap insitu` do unless their own options say otherwise."""

    flags: tuple[str, ...] = Field(default=("G",), min_length=1)
    """Quality flags of the ISMN that are let through; of several on a reading all must be."""
    deepest_m: float = Field(default=0.05, ge=0)
    """Lowest end of a probe, metres; 0: any depth."""
    highest: float = Field(default=0.60, gt=0, le=1)
    """Wettest soil, m3/m3."""
    target: Literal["closest", "daily-mean"] = "closest"
    """The reading closest to the overpass, or the mean over its day (UTC)."""
    within_minutes: float = Field(default=60.0, gt=0)
    """``closest``: how far off it may be."""
    least_readings: int = Field(default=12, ge=1)
    """``daily-mean``: fewest readings of a day."""
    by_cell: bool = False
    """True: means of 1 km cells of EASE-Grid 2.0; False: the station's own pixel."""

    def change(self, **given: Any) -> Self:
        """The same with what was given; None: as it was.

        Raises
        ------
        ConfigError
            If a value is not allowed.
        """
        told = {name: value for name, value in given.items() if value is not None}
        return self.parse(self.model_dump() | told, "readings")
