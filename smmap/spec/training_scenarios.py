"""How far a model of few samples carries: scenarios of Zhu et al. 2025 as a recipe sets them."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from smmap.spec.options import Options

REGIONAL = "zhu-regional"
SCENARIOS = ("zhu-dependent", "zhu-temporal", "zhu-spatial", REGIONAL)
"""Names among a recipe's ``splits``. They give learning curves, not one prediction a sample."""
DEFAULT_SPLITS = ("station", "cell", "leave-out network", "year", "station and year", "random")
"""By which a model is judged, side by side, as far as its table has them."""


class Region(Options):
    """A network to train on and campaigns in its region to test by."""

    train_on: str
    """Network."""
    test_on: tuple[str, ...] = Field(min_length=1)
    """Networks."""


class Scenarios(Options):
    """Sizes of training sets, and how often each is drawn."""

    repeats: int = Field(default=50, ge=1)
    """Training sets drawn for each size."""
    percents: tuple[float, ...] | None = Field(default=None, min_length=1)
    """``zhu-dependent``: % of the samples; None: the study's 0.5, 1, .. 5."""
    samples: tuple[int, ...] | None = Field(default=None, min_length=1)
    """``zhu-temporal``: samples of each cell; None: the study's 1, 3, .. 21."""
    cells: tuple[int, ...] | None = Field(default=None, min_length=1)
    """``zhu-spatial``: cells; None: the study's 1, 9, .. 57."""
    training_year: int | None = None
    """``zhu-temporal``: those before test it; None, or a year of which the table has no sample: the
    last of the table. The study's is 2021."""
    regions: tuple[Region, ...] = ()
    """``zhu-regional``."""
    most_sizes: int | None = Field(default=None, ge=1)
    """So many of the sizes, the smallest and the largest among them; None: all."""

    def cut(self, repeats: int | None, sizes: int | None) -> Self:
        """Fewer repeats and sizes, where numbers are given."""
        fewer = {} if repeats is None else {"repeats": min(repeats, self.repeats)}
        return self.model_copy(update=fewer | ({} if sizes is None else {"most_sizes": sizes}))
