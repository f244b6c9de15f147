"""What ``smmap train`` prints of a finished training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smmap.train.judgement import Growths
    from smmap.train.train_table import Training


def list_lines(made: Training) -> Iterator[str]:
    """Scores by split, learning curves, what was left out, orbits."""
    found = made.judgement
    yield f"{made.samples} samples; RMSE in m3/m3 with 95 % interval, R"
    for scheme, models in found.metrics.items():
        for title, scores in models.items():
            rmse = f"{_format(*scores['rmse'])}  {_say(scores['r'][0]):>5}"
            known = rmse if scores["count"] else "  none: too few samples"
            yield f"{scheme:>20}  {title:<16} {known}"
    if found.curves is not None:
        from smmap.validation.curves import summarise_curves

        yield "learning curves: median RMSE in m3/m3 with 5..95 % of the repeats, R"
        for row in summarise_curves(found.curves).to_dict("records"):
            name = f"{row['scheme']} {row['size']:g}"
            rmse = _format(row["rmse"], row["rmse_low"], row["rmse_high"])
            yield f"{name:>20}  {row['model']:<16} {rmse}  {_say(row['r']):>5}"
    yield from _list_growths("when a feature is shuffled", found.importance)
    yield from _list_growths("when it is trained without", found.ablation)
    if found.flattery is not None:
        yield f"a random split flatters: {found.flattery.describe()}"
    if found.neighbours:
        yield found.neighbours
    for said in (found.orbits, found.revisit):
        if said is not None:
            yield said.describe()


def _list_growths(when: str, growths: Growths | None) -> Iterator[str]:
    if growths:
        yield f"growth of the RMSE in m3/m3 with 95 % interval, {when}"
        for name, one in sorted(growths.items(), key=lambda item: -item[1].value):
            yield f"{name:>38} {_format(one.value, one.low, one.high)}"


def _format(value: float | None, low: float | None, high: float | None) -> str:
    return f"{_say(value, 3):>6} ({_say(low, 3)}..{_say(high, 3)})"


def _say(value: float | None, digits: int = 2) -> str:
    return "?" if value is None or math.isnan(value) else f"{value:.{digits}f}"
