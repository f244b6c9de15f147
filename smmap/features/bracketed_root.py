"""A root of a function between two places where its signs differ."""

from __future__ import annotations

import math
from collections.abc import Callable

_RELATIVE = 2.0**-50
"""Of the root: no closer can be told apart in double precision, with a few roundings."""


def find_bracketed_root(
    function: Callable[[float], float], low: float, high: float, *, tolerance: float
) -> float:
    """Where a continuous function is zero, by Brent's method.

    Gives the bits of ``scipy.optimize.brentq``, whose import costs each process that maps more
    than all the roots that it will ever look for.

    Parameters
    ----------
    function
        Its signs at ``low`` and ``high`` differ, or one of them is a root.
    low, high
        Between them the root is looked for.
    tolerance
        How far off the result may be.

    References
    ----------
    R. P. Brent, "An algorithm with guaranteed convergence for finding a zero of a function",
    The Computer Journal 14 (1971) 422-425, doi:10.1093/comjnl/14.4.422
    """
    last, here, far = low, high, low
    at_last, at_here = function(low), function(high)
    at_far, step, before = at_last, high - low, high - low
    if at_last == 0.0:
        return low
    while at_here != 0.0:
        if (at_last < 0.0) != (at_here < 0.0):
            far, at_far, step = last, at_last, here - last
            before = step
        if abs(at_far) < abs(at_here):
            last, here, far = here, far, here
            at_last, at_here, at_far = at_here, at_far, at_here
        close = (tolerance + _RELATIVE * abs(here)) / 2
        half = (far - here) / 2
        if abs(half) < close:
            break
        trial = math.inf
        if abs(before) > close and abs(at_here) < abs(at_last):
            trial = _interpolate((last, at_last), (here, at_here), (far, at_far))
        if 2 * abs(trial) < min(abs(before), 3 * abs(half) - close):
            before, step = step, trial
        else:
            before = step = half
        last, at_last = here, at_here
        here += step if abs(step) > close else math.copysign(close, half)
        at_here = function(here)
    return here


_Point = tuple[float, float]


def _interpolate(last: _Point, here: _Point, far: _Point) -> float:
    """Step from ``here`` to the root of the parabola through the points, or of the line.

    Infinite where there is none.
    """
    (x, f), (x_last, f_last), (x_far, f_far) = here, last, far
    if x_last == x_far:
        return -f * (x - x_last) / (f - f_last)
    to_last = (f_last - f) / (x_last - x)
    to_far = (f_far - f) / (x_far - x)
    divisor = to_far * to_last * (f_far - f_last)
    return -f * (f_far * to_far - f_last * to_last) / divisor if divisor else math.inf
