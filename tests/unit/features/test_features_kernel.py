"""The kernel and SciPy: the same bits."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.features import _kernel
from smmap.features.speckle import filter_lee, filter_lee_plainly

POWERS = st.one_of(
    st.floats(-1, 10, width=32),
    st.sampled_from([np.nan, np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, 3.4e38, -3.4e38]),
)
SIDES = st.integers(1, 12)


@st.composite
def pictures(draw):
    return draw(arrays(np.float32, (draw(SIDES), draw(SIDES)), elements=POWERS))


@pytest.mark.parametrize("plain", [False, True])
@given(power=pictures(), half=st.integers(0, 7), looks=st.floats(0.5, 100))
def test_every_picture_comes_out_the_same(plain, power, half, looks):
    with np.errstate(all="ignore"):
        expected = filter_lee_plainly(power, 2 * half + 1, looks)
    found = np.empty(power.shape)
    _kernel.filter_lee(power, 2 * half + 1, 1.0 / looks, plain, found)
    np.testing.assert_array_equal(found, expected)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))


def test_a_wide_picture_comes_out_the_same():
    """Wider than vectors and deeper than the ring of rows."""
    rng = np.random.default_rng(4)
    power = rng.gamma(4.4, 0.02, (90, 333)).astype(np.float32)
    power[rng.random(power.shape) < 0.05] = np.nan
    np.testing.assert_array_equal(filter_lee(power, 13, 4.4), filter_lee_plainly(power, 13, 4.4))


@pytest.mark.parametrize(
    "window, shape, dtype",
    [
        (4, (5, 6), "f8"),
        (0, (5, 6), "f8"),
        (-3, (5, 6), "f8"),
        (3, (6, 5), "f8"),
        (3, (5, 6), "f4"),
    ],
)
def test_what_does_not_fit_is_refused(window, shape, dtype):
    power = np.ones((5, 6), np.float32)
    with pytest.raises(ValueError, match=r"odd|type"):
        _kernel.filter_lee(power, window, 0.2, False, np.empty(shape, dtype))


def test_without_the_kernel_the_filter_is_there():
    script = (
        "import sys; sys.modules['smmap.features._kernel'] = None\n"
        "import numpy as np\n"
        "from smmap.features import speckle\n"
        "assert not speckle.HAS_KERNEL\n"
        "power = np.linspace(0.01, 0.2, 42, dtype='f4').reshape(6, 7)\n"
        "print(speckle.filter_lee(power, 3, 4.4).tobytes().hex())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    power = np.linspace(0.01, 0.2, 42, dtype="f4").reshape(6, 7)
    assert done.stdout.strip() == filter_lee(power, 3, 4.4).tobytes().hex()
