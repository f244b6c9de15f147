import math

import numpy as np
import pytest

from smmap.features.backscatter import BackscatterDb
from smmap.features.builder import (
    compute_features,
    compute_requests,
    compute_required_layers,
    compute_welcome_requests,
)
from smmap.features.decibel import to_db
from smmap.features.indices import compute_ndvi
from smmap.features.optical import Evi, Ndvi
from smmap.features.registry import FEATURES
from smmap.spec.errors import ConfigError, GridError

VV = {
    "name": "vv",
    "feature": "backscatter_db",
    "options": {"polarisation": "vv"},
    "units": "dB",
    "scaling": {"method": "min-max", "low": -30, "high": 0},
    "training_range": (-25.0, -5.0),
}
ANGLE = {"name": "theta", "feature": "incidence_deg", "units": "degree"}
NDVI = {
    "name": "ndvi",
    "feature": "ndvi",
    "units": "1",
    "scaling": {"method": "standard", "mean": 0.5, "std": 0.25},
}
SOIL = {
    "name": "soil",
    "feature": "soil_backscatter_db",
    "options": {"polarisation": "vv"},
    "units": "dB",
}


def layer(*values):
    return np.array([values], dtype=np.float32)


def make_layers():
    return {
        "sigma0_vv": layer(0.1, 0.001, np.nan, 0.0),
        "incidence_deg": layer(60, 60, 60, 60),
        "nir": layer(0.4, 0.4, 0.4, 0.4),
        "red": layer(0.1, 0.1, 0.1, np.nan),
    }


def test_columns_come_in_the_cards_order_scaled_as_it_says(make_card):
    card = make_card([NDVI, VV, ANGLE])
    assert compute_required_layers(card) == {"nir", "red", "sigma0_vv", "incidence_deg"}
    features = compute_features(card, make_layers())
    assert features.values.shape == features.raw.shape == (3, 1, 4)
    assert features.values.dtype == features.raw.dtype == np.float32
    # NDVI 0.3 / 0.5, standardised; -10 and -30 dB between -30 and 0.
    np.testing.assert_allclose(features.raw[0, 0], [0.6, 0.6, 0.6, np.nan], rtol=1e-6)
    np.testing.assert_allclose(features.values[0, 0], [0.4, 0.4, 0.4, np.nan], rtol=1e-6)
    np.testing.assert_allclose(features.raw[1, 0], [-10, -30, np.nan, np.nan], rtol=1e-6)
    np.testing.assert_allclose(features.values[1, 0], [2 / 3, 0, np.nan, np.nan], atol=1e-6)
    np.testing.assert_array_equal(features.values[2, 0], [60, 60, 60, 60])


def test_range_objects_to_values_only(make_card):
    features = compute_features(make_card([NDVI, VV, ANGLE]), make_layers())
    assert features.in_range[0].tolist() == [True, False, True, True]
    # The last pixel's power is 0: without decibels, but no vegetation was taken off.
    assert not features.overcorrected.any()


@pytest.mark.parametrize(
    "column",
    [
        {"name": "evi", "feature": "evi", "units": "1"},
        {**NDVI, "scaling": {"method": "log", "factor": 4.0}},
    ],
)
def test_other_values_that_are_lost_are_no_vegetation(column, make_card):
    """EVI's denominator is 0.5 + 0 - 1.5 + 1 = 0; the logarithm is of 4 x -1 + 1 = -3."""
    layers = {"nir": layer(0.5, 0.0), "red": layer(0.0, 0.1), "blue": layer(0.2, 0.4)}
    features = compute_features(make_card([column]), layers)
    assert np.isnan(features.values).any()
    assert not features.overcorrected.any()


def test_soil_without_power_is_overcorrected(make_card):
    layers = make_layers()
    layers["sigma0_vv"] = layer(0.1, 1e-5, np.nan, 0.1)
    features = compute_features(make_card([SOIL, VV]), layers)
    assert features.overcorrected[0].tolist() == [False, True, False, False]
    assert np.isnan(features.raw[0, 0]).tolist() == [False, True, True, True]
    # V 0.6, 60 degrees: tau2 = exp(-2 x 0.42 x 0.6 / 0.5).
    tau2 = math.exp(-2 * 0.42 * 0.6 / 0.5)
    soil = (0.1 - 0.072 * 0.6 * 0.5 * (1 - tau2)) / tau2
    assert features.raw[0, 0, 0] == pytest.approx(10 * math.log10(soil), rel=1e-5)


def test_power_that_was_never_positive_is_not_overcorrected(make_card):
    layers = make_layers() | {"sigma0_vv": layer(-1e-4, 0.0, 1e-5, 0.1)}
    features = compute_features(make_card([SOIL]), layers)
    assert features.overcorrected[0].tolist() == [False, False, True, False]


def test_cards_fitted_on_gamma0_get_gamma0(make_card):
    card = make_card([VV], radiometry="gamma0_terrain")
    assert compute_required_layers(card) == {"sigma0_vv", "incidence_deg"}
    features = compute_features(card, make_layers())
    # 0.1 / cos(60 degrees) = 0.2
    assert features.raw[0, 0, 0] == pytest.approx(10 * math.log10(0.2), rel=1e-6)


def test_what_an_input_is_derived_from_can_be_found_again(make_card):
    layers = make_layers()
    features = compute_features(make_card([NDVI, VV]), layers)
    assert features.find(Evi()) is None
    np.testing.assert_array_equal(features.find(Ndvi()), compute_ndvi(layers["nir"], layers["red"]))
    vv = BackscatterDb(polarisation="vv")
    np.testing.assert_array_equal(features.find(vv), to_db(layers["sigma0_vv"]))


def test_what_is_of_other_layers_is_not_taken_for_it(make_card):
    gamma0 = compute_features(make_card([VV], radiometry="gamma0_terrain"), make_layers())
    assert gamma0.find(BackscatterDb(polarisation="vv")) is None
    card = make_card([{**NDVI, "source": "landsat", "join": NEAR}])
    layers = {request.name: layer(0.3, 0.2) for request in compute_requests(card)}
    assert compute_features(card, layers).find(Ndvi()) is None


@pytest.mark.parametrize(
    "column, message",
    [
        ({**NDVI, "feature": "lai"}, "there is no feature 'lai'.*backscatter_db"),
        ({**VV, "options": {}}, "'polarisation' is missing"),
        ({**VV, "options": {"polarisation": "hh"}}, "'vv' or 'vh'"),
        ({**VV, "options": {"polarisation": "vv", "pol": 1}}, "unknown key 'pol'.*polarisation"),
        ({**NDVI, "options": {"band": "red"}}, "unknown key 'band'"),
        ({**VV, "units": "linear"}, "is in 'dB', not in 'linear'"),
        (
            {"name": "b", "feature": "reflectance", "options": {"band": "B04"}, "units": "1"},
            "'rededge1'",
        ),
    ],
)
def test_cards_that_cannot_be_followed_stop_before_any_pixel(make_card, column, message):
    with pytest.raises(ConfigError, match=message) as caught:
        compute_required_layers(make_card([column]))
    assert f"input '{column['name']}'" in str(caught.value)


def test_missing_layers_and_misfits_are_told(make_card):
    card, layers = make_card([NDVI, ANGLE]), make_layers()
    with pytest.raises(ConfigError, match="red"):
        compute_features(card, {"nir": layers["nir"], "incidence_deg": layers["red"]})
    with pytest.raises(GridError, match="differ in shape"):
        compute_features(card, {**layers, "red": layer(0.1)})


def test_every_method_of_the_agreed_list_is_there():
    assert set(FEATURES) == {
        "backscatter_db",
        "soil_backscatter_db",
        "incidence_deg",
        "ndvi",
        "ndmi",
        "evi",
        "reflectance",
        "surface_temperature",
        "quantity",
        "elevation",
        "slope_deg",
        "aspect_deg",
        "eastness",
        "northness",
        "latitude",
        "longitude",
        "day_of_year",
    }


NEAR = {"rule": "nearest", "days_before": 3, "days_after": 3}
WEEK = {"rule": "mean", "days_before": 7}


def test_inputs_of_other_sources_and_joins_are_asked_for_by_name(make_card):
    landsat = {**NDVI, "name": "landsat_ndvi", "source": "landsat", "join": NEAR}
    rain = {
        "name": "rain",
        "feature": "quantity",
        "options": {"band": "precipitation"},
        "units": "m d-1",
        "join": WEEK,
    }
    card = make_card([NDVI, VV, landsat, rain])
    names = [one.name for one in compute_requests(card)]
    assert names == [
        "era5_land:precipitation@mean(days_after=0.0,days_before=7.0,least_share=0.5)",
        "landsat:nir@nearest(days_after=3.0,days_before=3.0)",
        "landsat:red@nearest(days_after=3.0,days_before=3.0)",
    ]
    assert compute_required_layers(card) == {"nir", "red", "sigma0_vv", *names}
    layers = make_layers() | {
        names[0]: layer(0.01, 0.02, 0.03, np.nan),
        names[1]: layer(0.3, 0.3, 0.3, 0.3),
        names[2]: layer(0.2, 0.2, 0.2, 0.2),
    }
    raw = compute_features(card, layers).raw[:, 0]
    np.testing.assert_allclose(raw[0], [0.6, 0.6, 0.6, np.nan], rtol=1e-6)
    np.testing.assert_allclose(raw[2], [0.2] * 4, rtol=1e-6)  # Landsat's own, not Sentinel-2's
    np.testing.assert_allclose(raw[3], [0.01, 0.02, 0.03, np.nan], rtol=1e-6)


def test_a_correction_takes_its_ndvi_from_the_source_that_is_named(make_card):
    column = {**SOIL, "source": "landsat", "join": NEAR}
    assert compute_required_layers(make_card([column])) == {
        "sigma0_vv",
        "incidence_deg",
        "landsat:nir@nearest(days_after=3.0,days_before=3.0)",
        "landsat:red@nearest(days_after=3.0,days_before=3.0)",
    }


def test_soil_moisture_of_others_must_name_its_source(make_card):
    column = {
        "name": "era5",
        "feature": "quantity",
        "options": {"band": "soil_moisture"},
        "units": "m3 m-3",
    }
    with pytest.raises(ConfigError, match="input 'era5': several sources give 'soil_moisture'"):
        compute_requests(make_card([column]))
    (request,) = compute_requests(make_card([{**column, "source": "smap", "join": WEEK}]))
    assert (request.source, request.band) == ("smap", "soil_moisture")


def test_limits_of_training_are_looked_at_before_scaling_and_frost_is_told_apart(make_card):
    limits = [
        {"column": "vv", "least": -20, "most": -5},
        {
            "column": "snow_depth",
            "most": 0,
            "feature": "quantity",
            "options": {"band": "snow_depth"},
            "units": "m",
        },
    ]
    card = make_card([VV, ANGLE], quality=limits)
    (request,) = compute_welcome_requests(card)
    assert (request.source, request.band) == ("era5_land", "snow_depth")
    assert compute_requests(card) == ()
    layers = make_layers()
    without = compute_features(card, layers)  # -10, -30, unknown, no power at all
    np.testing.assert_array_equal(without.beyond[0], [False, True, False, False])
    assert not without.frozen.any()
    layers[request.name] = layer(0.001, 0.0, np.nan, 0.0)
    found = compute_features(card, layers)
    np.testing.assert_array_equal(found.frozen[0], [True, False, False, False])
    np.testing.assert_array_equal(found.beyond, without.beyond)
    np.testing.assert_array_equal(found.values, without.values)


def test_limits_on_what_is_no_input(make_card):
    with pytest.raises(ConfigError, match=r"'clay'.*no inputs' columns"):
        make_card([VV], quality=[{"column": "clay", "most": 5}])
