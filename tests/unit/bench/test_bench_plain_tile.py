"""The plain script does what it says, by formulas of its own."""

import numpy as np
import pytest

from smmap.bench.plain_tile import filter_lee
from smmap.features import speckle


def test_its_speckle_filter_is_lees():
    power = np.random.default_rng(1).gamma(4.4, 0.02, (40, 50))
    power[5:9, 10:30] = np.nan
    np.testing.assert_allclose(filter_lee(power), speckle.filter_lee(power, 13, 4.4), rtol=1e-9)
    assert filter_lee(np.full((30, 30), 0.2)) == pytest.approx(0.2)
