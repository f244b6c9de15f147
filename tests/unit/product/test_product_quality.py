"""Every rule by itself, and what must hold whatever the inputs are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smmap.product.quality import Evidence, compute_quality
from smmap.spec.card import ModelOutput
from smmap.spec.quality import QUALITY_NODATA, Quality
from smmap.spec.recipe import Recipe, Sources

RECIPE = Recipe(name="test", model="physics", sources=Sources(sentinel1="s1"))
OUTPUT = ModelOutput(valid_range=(0.0, 0.6), unreliable_above=0.4)
NAN = np.float32(np.nan)


def to_power(db):
    return 10 ** (db / 10)


def flag(**known):
    """Flag one pixel that the radar saw; sm is 0.2 unless said otherwise."""
    defaults = {"radar_valid": True, "sm": np.float32(0.2)}
    evidence = Evidence(**{key: np.array([[one]]) for key, one in (defaults | known).items()})
    done = compute_quality(evidence, RECIPE, OUTPUT)
    return float(done.sm[0, 0]), int(done.sm_quality[0, 0])


@pytest.mark.parametrize(
    "known, bit",
    [
        ({"snow_share": 0.5}, Quality.SNOW_OR_FROZEN),
        ({"water_share": 0.5}, Quality.WATER),
        ({"sigma0_vv": to_power(-40.1)}, Quality.OUT_OF_BOUNDS),
        ({"sigma0_vv": to_power(-4.9)}, Quality.OUT_OF_BOUNDS),
        ({"sigma0_vv": 0.0}, Quality.OUT_OF_BOUNDS),
        ({"sigma0_vv": -1e-3}, Quality.OUT_OF_BOUNDS),
        ({"sigma0_vv": -1e-3, "sm": NAN}, Quality.OUT_OF_BOUNDS),
        ({"sm": -0.01}, Quality.OUT_OF_BOUNDS),
        ({"beyond_training": True}, Quality.OUT_OF_BOUNDS),
        ({"frozen_in_training": True}, Quality.SNOW_OR_FROZEN),
        ({"sm": np.inf}, Quality.OUT_OF_BOUNDS | Quality.UNRELIABLE),
        ({"sm": 0.61}, Quality.OUT_OF_BOUNDS | Quality.UNRELIABLE),
    ],
)
def test_takes_the_value_away(known, bit):
    value, quality = flag(**known)
    assert np.isnan(value)
    assert quality == bit


@pytest.mark.parametrize(
    "known, bit",
    [
        ({"ndvi": 0.76}, Quality.DENSE_VEGETATION),
        ({"no_soil_signal": True}, Quality.DENSE_VEGETATION),
        ({"radar_weight": 0.49}, Quality.LOW_WEIGHT),
        ({"sm": np.float32(0.41)}, Quality.UNRELIABLE),
        ({"sigma0_vh": to_power(-24.1)}, Quality.UNRELIABLE),
        ({"sigma0_vh": 0.0}, Quality.UNRELIABLE),
        ({"sigma0_vh": -1e-3}, Quality.UNRELIABLE),
        ({"sigma0_vh": NAN}, Quality.UNRELIABLE),
        ({"slope_deg": 10.1}, Quality.TERRAIN),
        ({"optical_stale_share": 0.5}, Quality.STALE_OPTICAL),
        ({"optical_stale_share": 1.0}, Quality.STALE_OPTICAL),
        ({"optical_stale_share": NAN}, Quality.STALE_OPTICAL),
        ({"in_domain": False}, Quality.OUTSIDE_DOMAIN),
        ({"in_training_range": False}, Quality.OUTSIDE_DOMAIN),
    ],
)
def test_keeps_the_value(known, bit):
    value, quality = flag(**known)
    assert value == pytest.approx(float(known.get("sm", 0.2)))
    assert quality == bit


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"snow_share": 0.49, "water_share": 0.49},
        {"sigma0_vv": 1e-4},
        {"sigma0_vv": to_power(-5.0)},
        {"sm": 0.0},
        {"sm": np.float32(0.4)},
        {"ndvi": 0.75},
        {"radar_weight": 0.5},
        {"sigma0_vh": to_power(-24.0)},
        {"slope_deg": 10.0},
        {"optical_stale_share": 0.0},
        {"optical_stale_share": 0.49},
        {"in_domain": True, "in_training_range": True},
        {"snow_share": NAN, "water_share": NAN, "ndvi": NAN, "slope_deg": NAN},
    ],
)
def test_on_the_threshold_or_unknown_is_good(known):
    value, quality = flag(**known)
    assert np.isfinite(value)
    assert quality == 0


def test_bits_add_up():
    assert flag(ndvi=0.9, slope_deg=30.0, water_share=1.0)[1] == 2 + 256 + 128


@given(data=st.data())
def test_what_is_the_same_everywhere_needs_no_room(data):
    """One number for all pixels says what as many numbers say."""
    share = st.sampled_from([0.0, 0.4, 0.5, 1.0, np.nan])
    told = {
        name: np.broadcast_to(data.draw(share), (3, 4))
        for name in ("snow_share", "water_share", "radar_weight", "optical_stale_share", "ndvi")
    } | {
        name: np.broadcast_to(data.draw(st.booleans()), (3, 4))
        for name in ("in_training_range", "in_domain", "no_soil_signal", "beyond_training")
    }
    sm = data.draw(arrays(np.float32, (3, 4), elements=st.sampled_from([0.1, 0.5, 0.9, np.nan])))
    seen = data.draw(arrays(bool, (3, 4)))
    dense = {name: values.copy() for name, values in told.items()}
    done, expected = (
        compute_quality(Evidence(radar_valid=seen, sm=sm, **one), RECIPE, OUTPUT)
        for one in (told, dense)
    )
    np.testing.assert_array_equal(done.sm, expected.sm)
    np.testing.assert_array_equal(done.sm_quality, expected.sm_quality)


def test_outside_the_swath_nothing_is_known():
    value, quality = flag(radar_valid=False, ndvi=0.9, water_share=1.0, sigma0_vh=NAN)
    assert np.isnan(value)
    assert quality == QUALITY_NODATA


def test_cloud_leaves_the_reason():
    value, quality = flag(sm=NAN, optical_stale_share=NAN)
    assert np.isnan(value)
    assert quality == Quality.STALE_OPTICAL


def test_no_value_for_no_known_reason_is_not_called_good():
    assert flag(sm=NAN)[1] == QUALITY_NODATA


def test_uncertainty_lives_where_the_value_does():
    evidence = Evidence(
        radar_valid=np.array([[True, True, False]]),
        sm=np.array([[0.2, np.nan, 0.2]], np.float32),
        sm_uncertainty=np.full((1, 3), 0.05, np.float32),
    )
    done = compute_quality(evidence, RECIPE, OUTPUT)
    assert np.isfinite(done.sm_uncertainty).tolist() == [[True, False, False]]
    without = compute_quality(replace(evidence, sm_uncertainty=None), RECIPE, OUTPUT)
    assert without.sm_uncertainty is None


POWERS = st.floats(-0.25, 1, width=32) | st.just(np.nan)


@given(st.data())
def test_invariants(data):
    def draw(dtype=np.float32, elements=POWERS):
        return data.draw(arrays(dtype, (3, 4), elements=elements))

    evidence = Evidence(
        radar_valid=draw(bool, st.booleans()),
        sm=draw(elements=st.floats(-1, 1, width=32) | st.just(np.nan)),
        sigma0_vv=draw(),
        sigma0_vh=draw(),
        ndvi=draw(elements=st.floats(-1, 1, width=32) | st.just(np.nan)),
        water_share=draw(elements=st.floats(0, 1, width=32) | st.just(np.nan)),
        optical_stale_share=draw(elements=st.floats(0, 1, width=32) | st.just(np.nan)),
        in_domain=draw(bool, st.booleans()),
    )
    before = evidence.sm.copy()
    done = compute_quality(evidence, RECIPE, OUTPUT)
    valued = np.isfinite(done.sm)
    assert done.sm_quality.dtype == np.uint16
    assert np.array_equal(evidence.sm, before, equal_nan=True)
    assert np.array_equal(done.sm[valued], evidence.sm[valued])
    assert not np.any(valued & ~evidence.radar_valid)
    assert np.all(done.sm_quality[~evidence.radar_valid] == QUALITY_NODATA)
    assert np.all(done.sm_quality[valued] != QUALITY_NODATA)
    assert np.all(valued[done.sm_quality == 0])
    assert np.all((done.sm[valued] >= 0) & (done.sm[valued] <= 0.6))
    assert not np.any(valued & (evidence.sigma0_vv <= 0))
    assert np.all(done.sm_quality[evidence.radar_valid & (evidence.sigma0_vv <= 0)] & 8)
    # A pixel's result depends on that pixel alone.
    known = {name: one for name, one in vars(evidence).items() if isinstance(one, np.ndarray)}
    corner = Evidence(**{name: value[1:, 2:] for name, value in known.items()})
    part = compute_quality(corner, RECIPE, OUTPUT)
    assert np.array_equal(part.sm_quality, done.sm_quality[1:, 2:])


def test_frost_and_snow_of_the_reanalysis_take_the_value_away():
    evidence = Evidence(
        radar_valid=np.full((1, 4), True),
        sm=np.full((1, 4), 0.2, np.float32),
        soil_temperature_degc=np.array([[-0.1, 0.0, np.nan, 5.0]], np.float32),
        snow_depth_m=np.array([[0.0, 0.01, 0.005, np.nan]], np.float32),
    )
    done = compute_quality(evidence, RECIPE, OUTPUT)
    assert (done.sm_quality[0] & Quality.SNOW_OR_FROZEN).tolist() == [1, 1, 0, 0]
    assert np.isfinite(done.sm[0]).tolist() == [False, False, True, True]


def test_land_cover_takes_water_away_and_flags_towns_and_barren_ground():
    evidence = Evidence(
        radar_valid=np.full((1, 4), True),
        sm=np.full((1, 4), 0.2, np.float32),
        mapped_water_share=np.array([[0.5, 0.49, 0.0, np.nan]], np.float32),
        built_up_share=np.array([[0.0, 0.5, 0.0, np.nan]], np.float32),
        barren_share=np.array([[0.0, 0.0, 0.7, np.nan]], np.float32),
    )
    done = compute_quality(evidence, RECIPE, OUTPUT)
    assert done.sm_quality[0].tolist() == [Quality.WATER, Quality.URBAN, Quality.BARREN, 0]
    assert np.isfinite(done.sm[0]).tolist() == [False, True, True, True]


def test_what_provisional_inputs_gave_says_so_and_stays():
    evidence = Evidence(
        radar_valid=np.array([[True, True, False]]),
        sm=np.array([[0.2, np.nan, 0.2]], np.float32),
        provisional=True,
    )
    done = compute_quality(evidence, RECIPE, OUTPUT)
    assert done.sm_quality[0].tolist() == [Quality.PROVISIONAL, QUALITY_NODATA, QUALITY_NODATA]
    assert np.isfinite(done.sm[0]).tolist() == [True, False, False]
