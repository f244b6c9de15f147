import math
import platform

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq

from smmap.features.bracketed_root import find_bracketed_root

# Elsewhere a compiler may fuse SciPy's products and sums.
SAME = 0.0 if platform.machine() == "x86_64" else 1e-9

FUNCTIONS = {
    "line": lambda x: 3 * x - 1,
    "cubic": lambda x: (x - 0.3) ** 3,
    "steep": lambda x: math.atan(1e4 * (x - 0.17)),
    "flat": lambda x: (x + 0.2) * abs(x + 0.2) ** 4,
    "step": lambda x: -1.0 if x < 0.6 else 1.0,
    "wave": lambda x: math.cos(5 * x) - x,
    "stairs": lambda x: math.floor(4 * x) + 0.5,
}


@given(
    name=st.sampled_from(sorted(FUNCTIONS)),
    low=st.floats(-3, 3),
    high=st.floats(-3, 3),
    digits=st.integers(1, 15),
)
def test_to_the_bit_as_scipy(name, low, high, digits):
    function, tolerance = FUNCTIONS[name], 10.0**-digits
    assume(function(low) * function(high) <= 0 and low != high)
    found = find_bracketed_root(function, low, high, tolerance=tolerance)
    assert abs(found - brentq(function, low, high, xtol=tolerance, maxiter=10_000)) <= SAME


def test_the_example_of_wallis():
    """x^3 - 2x - 5 = 0 (Wallis, 1685): 2.09455148154232659..."""
    found = find_bracketed_root(lambda x: x**3 - 2 * x - 5, 2.0, 3.0, tolerance=1e-14)
    assert found == pytest.approx(2.0945514815423265, abs=1e-14)
