"""From pixels to cells by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smmap.product.cell_tally import CellTally

FILL, UNSEEN = -32768, 65535


def tally(sm, quality=0, uncertainty=500, time_s=3600):
    """One cell of 2 x 2 points."""
    sm = np.array(sm, np.int16).reshape(1, 2, 1, 2)
    quality = np.broadcast_to(np.array(quality, np.uint16).reshape(-1), 4).reshape(sm.shape)
    uncertainty = np.where(sm == FILL, FILL, uncertainty).astype(np.int16)
    one = CellTally((1, 1), 4)
    one.add(sm, uncertainty, quality, time_s)
    return one


def show(one):
    cells = one.compute_cells()
    return cells.sm.item(), cells.sm_quality.item()


def test_mean_of_the_pixels_that_have_a_value():
    sm, quality = show(tally([1000, 2000, 3000, FILL], [0, 0, 0, 128]))
    assert sm == pytest.approx(0.2)
    assert quality == 0


def test_less_than_half_is_low_weight():
    unseen = [0, UNSEEN, UNSEEN, UNSEEN]
    assert show(tally([1000, FILL, FILL, FILL], unseen)) == pytest.approx((0.1, 16))


def test_half_water_takes_the_value():
    sm, quality = show(tally([1000, 2000, FILL, FILL], [0, 0, 128, 128]))
    assert np.isnan(sm)
    assert quality == 128


def test_a_flag_of_half_of_the_seen_pixels_is_the_cells():
    assert show(tally([1000] * 4, [2, 2, 0, 0]))[1] == 2
    assert show(tally([1000] * 4, [2, 0, 0, 0]))[1] == 0
    assert show(tally([1000, 1000, 1000, FILL], [2, 512, 512, UNSEEN]))[1] == 512


def test_without_a_value_all_flags_say_why():
    sm, quality = show(tally([FILL] * 4, [1, 8, 128, UNSEEN]))
    assert np.isnan(sm)
    assert quality == 1 | 8 | 128


def test_uncertainty_does_not_average_out_and_is_unknown_if_any_is():
    assert tally([1000] * 4, 0, 400).compute_cells().sm_uncertainty.item() == pytest.approx(0.04)
    some = tally([1000] * 4, 0, np.array([400, 400, 400, FILL]).reshape(1, 2, 1, 2))
    assert np.isnan(some.compute_cells().sm_uncertainty.item())


@given(st.integers(0, 2**32 - 1))
def test_tiles_of_an_overpass_add_up_in_any_order(seed):
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, 3, (2, 5, 3, 5))
    sm = rng.integers(0, 6000, owner.shape).astype(np.int16)
    quality = rng.choice([0, 2, 128, UNSEEN], owner.shape).astype(np.uint16)
    sm[quality >= 128] = FILL
    results = []
    for order in ((0, 1, 2), (2, 0, 1)):
        one = CellTally((2, 3), 25)
        for tile in order:
            mine = owner == tile
            values = np.where(mine, sm, FILL)
            one.add(values, values, np.where(mine, quality, UNSEEN).astype(np.uint16), 60)
        results.append(one.compute_cells())
    whole = CellTally((2, 3), 25)
    whole.add(sm, sm, quality, 60)
    for cells in (*results, whole.compute_cells()):
        for name in ("sm", "sm_uncertainty", "sm_quality", "time_s"):
            assert getattr(cells, name).tobytes() == getattr(results[0], name).tobytes()
