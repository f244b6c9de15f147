"""How data of other times are joined to an overpass: the rules that a card or a recipe names.

Ages are the data's time minus the overpass: negative before it. ``days_after: 0`` is past only.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from smmap.spec.options import Options


class Window(Options):
    """The span around an overpass that a rule looks at."""

    days_before: float = Field(ge=0)
    """How far back."""
    days_after: float = Field(default=0.0, ge=0)
    """How far ahead; 0: past only."""

    @model_validator(mode="after")
    def _has_width(self) -> Window:
        if self.days_before + self.days_after == 0:
            raise ValueError("'days_before' and 'days_after' are both 0")
        return self

    @property
    def reach(self) -> tuple[timedelta, timedelta]:
        """The same, as spans of time."""
        return timedelta(days=self.days_before), timedelta(days=self.days_after)

    @property
    def key(self) -> str:
        """All that decides the result, as text: part of a layer's name."""
        options = self.model_dump(mode="json")
        rule = options.pop("rule", "window")
        return f"{rule}({','.join(f'{name}={value}' for name, value in sorted(options.items()))})"


class Nearest(Window):
    """Each pixel's valid value that is closest in time; of two as close, the earlier."""

    rule: Literal["nearest"]


class Median(Window):
    """Each pixel's median over its valid values: a composite."""

    rule: Literal["median"]


class Mean(Window):
    """Mean over the span; each step counts as long as it lasts, steps without a value not."""

    rule: Literal["mean"]
    least_share: float = Field(default=0.5, gt=0, le=1)
    """A smaller share of steps with a value gives none."""


class DayMean(Options):
    """Mean over the UTC day of the overpass."""

    rule: Literal["day-mean"]

    @property
    def reach(self) -> tuple[timedelta, timedelta]:
        """A day on either side holds it."""
        return timedelta(days=1), timedelta(days=1)

    @property
    def key(self) -> str:
        """As of ``Window``."""
        return self.rule


class Spline(Window):
    """A cubic spline through the valid values, at the overpass; no value outside them."""

    rule: Literal["spline"]
    widest_gap_days: float = Field(default=32.0, gt=0)
    """Values further apart around the overpass give none."""


class Harmonic(Window):
    """A harmonic fit of the time series, evaluated by cubic interpolation at the overpass.

    As HANTS: Roerink et al. 2000, DOI 10.1080/014311600209814. Values further than ``tolerance``
    on the rejected side of the fit are left out one after the other and the rest fitted again.
    """

    rule: Literal["harmonic"]
    harmonics: int = Field(default=3, ge=1, le=10)
    """Sines and cosines with periods of ``period_days`` / 1, / 2 ..."""
    period_days: float = Field(default=365.25, gt=0)
    """Longest period."""
    reject: Literal["low", "high", "none"] = "low"
    """Clouds lower vegetation indices: ``low``."""
    tolerance: float = Field(default=0.05, gt=0)
    """In the band's units."""
    spare: int = Field(default=5, ge=0)
    """So many more values than coefficients must be left."""


Join = Annotated[Nearest | Median | Mean | DayMean | Spline | Harmonic, Field(discriminator="rule")]
