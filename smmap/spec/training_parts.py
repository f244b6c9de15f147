"""Parts of a training recipe: tuning, ablation, rough form."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from smmap.spec.options import Options


class Tuning(Options):
    """How the options under ``tune`` are found."""

    trials: int = Field(default=30, ge=1)
    """Tried for each member."""
    sampler: Literal["tpe", "random"] = "tpe"
    """``random`` draws them independently."""
    on_test_rows: bool = False
    """True: scored on the rows that judge the model afterwards, as some studies did. It flatters;
    it is here to reproduce them, and warns."""


class Ablation(Options):
    """What the model is worth without some of its inputs: fitted again by the split that counts."""

    sources: bool = False
    """True: without each source in turn: radar, place, season, terrain, era5_land ..."""
    without: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Name -> inputs that are left out together."""


class Small(Options):
    """What ``--small`` changes: a rough model in seconds to minutes."""

    rows: int | None = Field(default=2000, ge=10)
    """Rows drawn from a table that has more; None: all."""
    trials: int = Field(default=2, ge=1)
    """Of tuning."""
    folds: int = Field(default=3, ge=2)
    """Of every split that has folds."""
    repeats: int = Field(default=2, ge=1)
    """Of scenarios."""
    sizes: int = Field(default=2, ge=1)
    """Of scenarios."""
    all_splits: bool = False
    """True: it is judged by all splits; False: by the one that counts, at random, and by
    scenarios."""
    members: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Name of a member -> options that differ."""
