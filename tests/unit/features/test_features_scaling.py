import math

import numpy as np
import pytest
from pydantic import TypeAdapter

from smmap.features.scaling import compute_scaled
from smmap.spec.card import Scaling


def scale(values, **options):
    scaling = TypeAdapter(Scaling).validate_python(options)
    return compute_scaled(np.asarray(values, dtype=np.float32), scaling)


def test_none_changes_nothing():
    np.testing.assert_array_equal(scale([1.5, np.nan], method="none"), [1.5, np.nan])


def test_min_max():
    np.testing.assert_allclose(
        scale([-30, -12.5, 5], method="min-max", low=-30, high=5), [0, 0.5, 1]
    )
    np.testing.assert_allclose(
        scale([-5, 3690], method="min-max", low=-5, high=3690, to=(-1, 1)), [-1, 1]
    )


def test_standard():
    np.testing.assert_allclose(scale([3.0, 7.0], method="standard", mean=5, std=2), [-1, 1])


def test_log_as_dynamic_world_has_it():
    """B2 with reflectance 0.1: DN 1000, ln(6) = 1.791759, z = 0.024759, y = sigmoid(5 z - 1)."""
    z = (math.log(0.005 * 1000 + 1) - 1.7417) / 2.0233
    expected = 1 / (1 + math.exp(-(5 * z - 1)))
    options = {"method": "log", "factor": 50, "mean": 1.7417, "std": 2.0233}
    values = scale([0.1, -0.5], **options, sigmoid=True, gain=5, shift=1)
    assert values[0] == pytest.approx(expected, rel=1e-6)
    assert np.isnan(values[1])
    assert scale([0.1], **options)[0] == pytest.approx(z, rel=1e-6)


def test_cyclic():
    sin = scale([0, 90, 180, 270], method="cyclic", period=360, part="sin")
    cos = scale([0, 90, 180, 270], method="cyclic", period=360, part="cos")
    np.testing.assert_allclose(sin, [0, 1, 0, -1], atol=1e-15)
    np.testing.assert_allclose(cos, [1, 0, -1, 0], atol=1e-15)
