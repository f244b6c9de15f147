import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.trees.image import compute_image

FLOATS = st.floats(width=32, allow_nan=False, allow_subnormal=True)


@given(a=FLOATS, b=FLOATS)
def test_ordered_as_the_floats_are(a, b):
    first, second = compute_image(np.array([a, b], np.float32))
    assert (first < second) == (a < b)
    assert (first == second) == (a == b)


@given(a=FLOATS)
def test_one_more_lies_between_a_float_and_the_next(a):
    with np.errstate(over="ignore"):
        after = np.nextafter(np.float32(a), np.float32(np.inf))
    here, there = compute_image(np.array([a, after], np.float32))
    assert here < here + 1 <= there or a == np.inf


def test_known_numbers():
    # IEEE 754: infinity is 0x7F800000, one 0x3F800000.
    values = np.array([-np.inf, -1, -0.0, 0, 1, np.inf], np.float32)
    images = [0x007FFFFF, 0x407FFFFF, 0x80000000, 0x80000000, 0xBF800000, 0xFF800000]
    assert compute_image(values).tolist() == images


def test_denormals_are_numbers_where_the_processor_takes_them_as_zero():
    torch = pytest.importorskip("torch", reason="sets the processor so")
    smallest = np.array([1, 0x80000001], np.uint32).view(np.float32)
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot")
    try:
        images = compute_image(smallest)
    finally:
        torch.set_flush_denormal(False)
    assert images.tolist() == [0x80000001, 0x7FFFFFFE]
