from typing import ClassVar

from feature_contract import FeatureContract

from smmap.features.registry import FEATURES


class TestBackscatter(FeatureContract):
    name = "backscatter_db"
    options: ClassVar = {"polarisation": "vh"}


class TestSoilBackscatter(FeatureContract):
    name = "soil_backscatter_db"
    options: ClassVar = {"polarisation": "vv"}


class TestSoilBackscatterAsPrinted(FeatureContract):
    name = "soil_backscatter_db"
    options: ClassVar = {"polarisation": "vh", "coefficients": "as-printed"}


class TestNdvi(FeatureContract):
    name = "ndvi"


class TestNdmi(FeatureContract):
    name = "ndmi"


class TestEvi(FeatureContract):
    name = "evi"


class TestReflectance(FeatureContract):
    name = "reflectance"
    options: ClassVar = {"band": "swir22"}


class TestSurfaceTemperature(FeatureContract):
    name = "surface_temperature"
    options: ClassVar = {"band": "surface_temperature_2"}
    bounds = (250, 330)


class TestIncidence(FeatureContract):
    name = "incidence_deg"
    bounds = (29, 46)


class TestElevation(FeatureContract):
    name = "elevation"
    bounds = (-5, 3000)


class TestSlope(FeatureContract):
    name = "slope_deg"
    bounds = (0, 40)


class TestAspect(FeatureContract):
    name = "aspect_deg"
    bounds = (0, 360)


class TestEastness(FeatureContract):
    name = "eastness"
    bounds = (-1, 1)


class TestNorthness(FeatureContract):
    name = "northness"
    bounds = (-1, 1)


class TestLatitude(FeatureContract):
    name = "latitude"
    bounds = (-90, 90)


class TestLongitude(FeatureContract):
    name = "longitude"
    bounds = (-180, 180)


class TestQuantity(FeatureContract):
    name = "quantity"
    options: ClassVar = {"band": "soil_moisture"}


class TestDayOfYear(FeatureContract):
    name = "day_of_year"
    bounds = (1, 366)


def test_every_feature_is_held_to_the_contract():
    held = {one.name for one in FeatureContract.__subclasses__()}
    assert held == set(FEATURES)
