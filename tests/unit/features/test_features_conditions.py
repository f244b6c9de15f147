"""Mask conditions, bit by bit against the providers' own tables of values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.features.conditions import holds
from smmap.spec.definition import BitField, Condition

# Landsat 8-9 Collection 2 (C2) Level 2 Science Product Guide, LSDS-1619, table "Pixel Quality
# Assessment (QA_PIXEL) Value Interpretations": value -> fill, dilated cloud, cirrus, cloud, cloud
# shadow, snow, clear, water; then confidence of cloud, shadow, snow, cirrus (1 low ... 3 high).
QA_PIXEL = {
    21824: ("clear", 1, 1, 1, 1),
    21826: ("dilated", 1, 1, 1, 1),
    21888: ("clear water", 1, 1, 1, 1),
    21890: ("dilated water", 1, 1, 1, 1),
    22080: ("clear", 2, 1, 1, 1),
    22144: ("clear water", 2, 1, 1, 1),
    22280: ("cloud", 3, 1, 1, 1),
    23888: ("shadow clear", 1, 3, 1, 1),
    23952: ("shadow clear water", 1, 3, 1, 1),
    24088: ("shadow cloud", 2, 3, 1, 1),
    24344: ("shadow cloud", 3, 3, 1, 1),
    30048: ("snow clear", 1, 1, 3, 1),
    54596: ("cirrus clear", 1, 1, 1, 3),
    54852: ("cirrus clear", 2, 1, 1, 3),
    55052: ("cirrus cloud", 3, 1, 1, 3),
}
FLAGS = {"dilated": 1, "cirrus": 2, "cloud": 3, "shadow": 4, "snow": 5, "water": 7}
CONFIDENCES = {"cloud": 8, "shadow": 10, "snow": 12, "cirrus": 14}


def bits(*fields):
    return Condition(
        band="qa", bits=[BitField(first=f, count=c, values=values) for f, c, values in fields]
    )


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32, np.float64])
def test_landsat_flags(dtype):
    stored = np.array(list(QA_PIXEL)).astype(dtype)
    for name, first in FLAGS.items():
        expected = [name in row[0].split() for row in QA_PIXEL.values()]
        np.testing.assert_array_equal(holds(bits((first, 1, [1])), stored), expected)
        np.testing.assert_array_equal(holds(bits((first, 1, [0])), stored), ~np.array(expected))


def test_landsat_confidences():
    stored = np.array(list(QA_PIXEL), np.float32)
    for column, first in enumerate(CONFIDENCES.values(), start=1):
        for level in range(4):
            expected = [row[column] == level for row in QA_PIXEL.values()]
            np.testing.assert_array_equal(holds(bits((first, 2, [level])), stored), expected)


def test_all_fields_must_hold():
    """Neither cloud, shadow nor cirrus, cloud at most likely: what is left is land and snow."""
    clear = bits((1, 4, [0]), (8, 2, [0, 1]), (10, 2, [0, 1]), (14, 2, [0, 1]))
    kept = {value for value in QA_PIXEL if holds(clear, np.array([value], np.uint16))[0]}
    assert kept == {21824, 21888, 30048}


@pytest.mark.parametrize(
    "stored, clouds, method",
    [(0, 0, 0), (2, 0, 0), (8, 1, 0), (16, 2, 0), (24, 3, 0), (32, 0, 1), (97, 0, 3), (157, 3, 4)],
)
def test_modis_leaf_area_quality(stored, clouds, method):
    """FparLai_QC of MCD15A3H (user's guide, table 5): cloud state in bits 3-4, method in 5-7."""
    value = np.array([[stored]], np.uint8)
    for number in range(4):
        assert holds(bits((3, 2, [number])), value).item() is (number == clouds)
    for number in range(8):
        assert holds(bits((5, 3, [number])), value).item() is (number == method)


@given(
    stored=st.integers(-(2**15), 2**16 - 1),
    first=st.integers(0, 15),
    count=st.integers(1, 16),
    value=st.integers(0, 7),
)
def test_a_bit_field_is_its_digits_in_base_2(stored, first, count, value):
    digits = f"{stored & (2**48 - 1):048b}"
    expected = int(digits[48 - first - count : 48 - first], 2) == value
    assert holds(bits((first, count, [value])), np.array([stored], np.float32)).item() is expected


@given(st.sampled_from([np.nan, np.inf, -np.inf, 0.5, -7.25]))
def test_what_is_no_whole_number_has_no_bits(value):
    assert not holds(bits((0, 1, [0, 1])), np.array([value], np.float32)).any()


@pytest.mark.parametrize("kind", ["classes", "at_least", "at_most", "bits"])
def test_nodata_holds_nothing(kind):
    ways = {"classes": (0,), "at_least": -1e30, "at_most": 1e30}
    everything = ways.get(kind, ({"first": 0, "values": (0, 1)},))
    condition = Condition.model_validate({"band": "qa", kind: everything})
    stored = np.array([0.0, np.nan, 0.0], np.float32)
    np.testing.assert_array_equal(holds(condition, stored), [True, False, True])


def test_classes_and_thresholds():
    stored = np.array([0, 4, 5, 11], np.uint8)
    classes = Condition(band="scl", classes=(4, 11))
    np.testing.assert_array_equal(holds(classes, stored), [False, True, False, True])
    none = Condition(band="scl", classes=(2**24 + 1, 11))  # a single would take it for 2**24
    found = holds(none, np.array([2**24, 11, np.nan], np.float32))
    np.testing.assert_array_equal(found, [False, True, False])
    score = np.array([0.1, 0.6, 0.9], np.float32)  # 0.6 itself counts, though not exact in binary
    at_least = Condition(band="score", at_least=0.6)
    np.testing.assert_array_equal(holds(at_least, score), [False, True, True])
    at_most = Condition(band="score", at_most=0.6)
    np.testing.assert_array_equal(holds(at_most, score), [True, True, False])
