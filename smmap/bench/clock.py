"""Times sides in turns, so that a machine that gets slower does so for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median


def time_in_turns(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each side over so many rounds; every round runs each side once.

    The order turns round from one round to the next. Sides should be warm.
    """
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: 1 if number % 2 == 0 else -1]:
            start = time.perf_counter()
            sides[name]()
            spent[name].append(time.perf_counter() - start)
    return {name: median(seconds) for name, seconds in spent.items()}
