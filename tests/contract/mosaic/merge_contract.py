"""What every merge rule must do: inherit, and name the rule."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smmap.product.merge_rule import MergeRule, Observations

NODATA = 65535
# The same test on purpose runs in a class for every rule.
EVERY_RULE = settings(suppress_health_check=[HealthCheck.differing_executors])


@st.composite
def observations(draw):
    """One to five overpasses over 3 x 2 cells, with ties, flags, gaps and unknown uncertainties."""
    shape = (draw(st.integers(1, 5)), 3, 2)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # Sevenths of few values: sums depend on their order, and ties are frequent.
    sm = rng.integers(1, 6, shape) / 7
    uncertainty = rng.integers(1, 4, shape) / 70
    quality = rng.choice([0, 2, 16, 512, 514], shape)
    kind = rng.integers(0, 4, shape)
    quality = np.where(kind == 0, NODATA, np.where(kind == 1, 128, quality)).astype(np.uint16)
    sm[kind < 2] = np.nan
    uncertainty[(kind < 2) | (rng.random(shape) < 0.2)] = np.nan
    time_s = np.where(kind < 2, np.nan, rng.integers(0, 4, shape) * 1700 + 1 / 3)
    distance_s = np.abs(time_s - 3000)
    return Observations(sm, uncertainty, quality, time_s, distance_s)


def take(one: Observations, index) -> Observations:
    return Observations(*(getattr(one, field.name)[index] for field in fields(one)))


def same(one, other):
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


class MergeContract:
    """Inherit in a class named ``Test...`` and set ``rule``."""

    rule: MergeRule

    def merge(self, one):
        return type(self).rule(one)

    @EVERY_RULE
    @given(one=observations(), data=st.data())
    def test_order_never_matters(self, one, data):
        order = data.draw(st.permutations(range(len(one.sm))))
        same(self.merge(one), self.merge(take(one, list(order))))

    @EVERY_RULE
    @given(one=observations())
    def test_cells_do_not_know_each_other(self, one):
        whole = self.merge(one)
        for row in range(3):
            part = self.merge(take(one, np.s_[:, row : row + 1, 1:]))
            assert part.sm.tobytes() == whole.sm[row : row + 1, 1:].tobytes()
            assert part.sm_quality.tobytes() == whole.sm_quality[row : row + 1, 1:].tobytes()

    @EVERY_RULE
    @given(one=observations())
    def test_one_overpass_comes_back_as_it_is(self, one):
        single = take(one, np.s_[:1])
        merged = self.merge(single)
        np.testing.assert_array_equal(merged.sm, single.sm[0])
        np.testing.assert_allclose(merged.sm_uncertainty, single.sm_uncertainty[0], rtol=1e-15)
        np.testing.assert_array_equal(merged.sm_quality, single.sm_quality[0])
        np.testing.assert_array_equal(merged.time_s, single.time_s[0])

    @EVERY_RULE
    @given(one=observations())
    def test_there_is_a_value_wherever_an_overpass_has_one(self, one):
        merged = self.merge(one)
        np.testing.assert_array_equal(np.isfinite(merged.sm), one.valued.any(axis=0))
        np.testing.assert_array_equal(np.isfinite(merged.time_s), np.isfinite(merged.sm))
        seen = (one.sm_quality != NODATA).any(axis=0)
        np.testing.assert_array_equal(merged.sm_quality != NODATA, seen)
        assert np.isfinite(merged.sm[merged.sm_quality == 0]).all()

    @EVERY_RULE
    @given(one=observations())
    def test_flagged_values_change_nothing_where_there_is_an_unflagged_one(self, one):
        good = one.valued & (one.sm_quality == 0)
        merged = self.merge(one)
        cell = good.any(axis=0)
        assert (merged.sm_quality[cell] == 0).all()
        flagged = ~good & cell
        other = Observations(
            np.where(flagged, np.nan, one.sm),
            np.where(flagged, np.nan, one.sm_uncertainty),
            np.where(flagged, NODATA, one.sm_quality).astype(np.uint16),
            np.where(flagged, np.nan, one.time_s),
            np.where(flagged, np.nan, one.distance_s),
        )
        same(merged, self.merge(other))

    @EVERY_RULE
    @given(one=observations())
    def test_stays_within_what_was_observed(self, one):
        merged = self.merge(one)
        cell = np.isfinite(merged.sm)
        low, high = np.where(one.valued, one.sm, 9).min(axis=0), np.nan_to_num(one.sm).max(axis=0)
        assert (merged.sm[cell] >= low[cell] - 1e-12).all()
        assert (merged.sm[cell] <= high[cell] + 1e-12).all()
        all_bits = np.bitwise_or.reduce(np.where(one.sm_quality == NODATA, 0, one.sm_quality))
        seen = merged.sm_quality != NODATA
        assert (merged.sm_quality[seen] & ~all_bits[seen] == 0).all()
