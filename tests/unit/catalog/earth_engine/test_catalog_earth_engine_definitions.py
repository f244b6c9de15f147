"""Earth Engine's definitions on images written from documentation; no real answers were at hand.

Names of bands, their stored numbers and what those mean are those of the Earth Engine Data Catalog
(developers.google.com/earth-engine/datasets/catalog, the page of each collection).
"""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from earth_engine_server import serve_earth_engine
from earth_engine_world import StubBand, StubImage
from odc.geo.geobox import GeoBox

from smmap.catalog.bands import resolve_bands
from smmap.catalog.definitions import list_definitions, load_definition
from smmap.catalog.registry import open_catalog
from smmap.spec.period import Period
from smmap.spec.tile import Block
from smmap.stack.earth_engine import load_day
from smmap.stack.load_band import load_band

PLACE = Affine(0.1, 0, 9.0, 0, -0.1, 50.0)
BLOCK = Block.whole(GeoBox((3, 4), PLACE, "EPSG:4326"))
MAY = Period.parse("2023-05-01/2023-05-31")
NOON = "2023-05-03T12:00:00Z"
S2 = "S2_HARMONIZED"
_S2 = {
    "B1": 1200, "B2": 1300, "B3": 1400, "B4": 1500, "B5": 1600, "B6": 1700, "B7": 1800,
    "B8": 1900, "B8A": 2000, "B9": 2100, "B11": 2200, "B12": 2300,
}  # fmt: skip
_SCORE = {"cs": 0.7, "cs_cdf": 0.75}
_L2 = {f"SR_B{number}": 10_000 + number for number in range(1, 8)}
_L2 |= {"ST_B10": 44_000, "QA_PIXEL": 21_824}
_TOA = {f"B{number}": 0.1 + number / 100 for number in range(1, 10)}
_TOA |= {"B10": 291.5, "B11": 289.75, "QA_PIXEL": 21_824}
_VEGETATION = {"NDVI": 6543, "EVI": -1200, "SummaryQA": 1, "DetailedQA": 2116, "DayOfYear": 120}
_SMAP = {"soil_moisture_am": 0.214, "retrieval_qual_flag_am": 8, "soil_moisture_pm": 0.3}
_ERA5 = {
    "volumetric_soil_water_layer_1": 0.31, "soil_temperature_level_1": 285.4,
    "temperature_2m": 290.15, "total_precipitation": 0.012, "total_precipitation_hourly": 0.0005,
    "snow_depth": 0.05, "snow_cover": 12.5, "skin_temperature": 300.0,
}  # fmt: skip
STORED = {
    "COPERNICUS/S1_GRD/a": {"VV": -12.0, "VH": -19.5, "angle": 38.25},
    "COPERNICUS/S1_GRD_FLOAT/a": {"VV": 0.063, "VH": 0.0112, "angle": 38.25},
    "COPERNICUS/S2_SR_HARMONIZED/a": _S2 | {"SCL": 5, "MSK_CLDPRB": 3},
    f"COPERNICUS/{S2}/a": _S2 | {"B10": 15, "QA60": 0},
    f"GOOGLE/CLOUD_SCORE_PLUS/V1/{S2}/a": _SCORE,
    "LANDSAT/LC08/C02/T1_L2/a": _L2,
    "LANDSAT/LC09/C02/T1_L2/b": _L2,
    "LANDSAT/LC08/C02/T1_TOA/a": _TOA,
    "LANDSAT/LC09/C02/T1_TOA/b": _TOA,
    "ECMWF/ERA5_LAND/HOURLY/20230503T12": _ERA5,
    "MODIS/061/MCD15A3H/2023_05_03": {"Fpar": 55, "Lai": 23, "FparLai_QC": 0, "FparExtra_QC": 0},
    "MODIS/061/MOD13A2/2023_05_01": _VEGETATION,
    "MODIS/061/MYD13A2/2023_05_09": _VEGETATION,
    "MODIS/061/MOD13Q1/2023_05_01": _VEGETATION,
    "MODIS/061/MYD13Q1/2023_05_09": _VEGETATION,
    "NASA/SMAP/SPL3SMP_E/006/20230503": _SMAP,
    "NASA/SMAP/SPL3SMP_E/005/20230504": _SMAP,
    "NASA/GLDAS/V021/NOAH/G025/T3H/A20230503_1200": {"SoilMoi0_10cm_inst": 27.3},
    "JAXA/ALOS/AW3D30/V4_1/a": {"DSM": 412, "MSK": 0, "STK": 9},
    "USGS/SRTMGL1_003": {"elevation": 409},
    "NASA/NASADEM_HGT/001": {"elevation": 410, "num": 3, "swb": 0},
    "COPERNICUS/DEM/GLO30/a": {"DEM": 411.5, "EDM": 0, "FLM": 0, "HEM": 0.3, "WBM": 0},
    "projects/soilgrids-isric/sand_mean": {"sand_0-5cm_mean": 431, "sand_5-15cm_mean": 400},
    "projects/soilgrids-isric/silt_mean": {"silt_0-5cm_mean": 350},
    "projects/soilgrids-isric/clay_mean": {"clay_0-5cm_mean": 219},
    "projects/soilgrids-isric/bdod_mean": {"bdod_0-5cm_mean": 132},
    "ESA/WorldCover/v200/2021": {"Map": 80},
}
_REFLECTANCES = dict(
    zip(
        [
            "coastal",
            "blue",
            "green",
            "red",
            "rededge1",
            "rededge2",
            "rededge3",
            "nir",
            "nir08",
            "nir09",
            "swir16",
            "swir22",
        ],
        np.arange(0.12, 0.235, 0.01),
        strict=True,
    )
)
_SURFACE = ("coastal", "blue", "green", "red", "nir", "swir16", "swir22")
_GREEN = {"ndvi": 0.6543, "evi": -0.12, "quality": 1}
EXPECTED = {
    # 10^(-1.2), 10^(-1.95)
    "sentinel-1": {"vv": 0.0630957, "vh": 0.0112202, "incidence": 38.25},
    "sentinel-1-float": {"vv": 0.063, "vh": 0.0112, "incidence": 38.25},
    "sentinel-2-l2a": _REFLECTANCES | {"scl": 5, "cloud_score": 0.75},
    "sentinel-2-l1c": _REFLECTANCES | {"cirrus": 0.0015, "cloud_score": 0.75},
    # 10001 x 0.0000275 - 0.2 = 0.0750275; 44000 x 0.00341802 + 149 = 299.39288
    "landsat-c2-l2": {name: 0.075 + 2.75e-5 * one for one, name in enumerate(_SURFACE, 1)}
    | {"surface_temperature": 299.39288, "qa_pixel": 21_824},
    "landsat-c2-toa": {name: 0.1 + one / 100 for one, name in enumerate(_SURFACE, 1)}
    | {"pan": 0.18, "cirrus": 0.19, "surface_temperature": 291.5}
    | {"surface_temperature_2": 289.75, "qa_pixel": 21_824},
    # 0.5 mm in an hour are 12 mm a day.
    "era5-land": {
        "soil_moisture": 0.31, "soil_temperature": 12.25, "air_temperature": 17.0,
        "precipitation": 0.012, "snow_depth": 0.05, "snow_cover": 12.5,
    },
    "modis-lai": {"lai": 2.3, "quality": 0},
    "modis-vegetation": _GREEN,
    "modis-vegetation-250m": _GREEN,
    "smap-l3-enhanced": {"soil_moisture": 0.214, "quality": 8},
    # 27.3 kg of water in 0.1 m3 of soil are 0.0273 m3.
    "gldas-noah": {"soil_moisture": 0.273},
    "aw3d30": {"elevation": 412},
    "nasadem": {"elevation": 410},
    "cop-dem-glo-30": {"elevation": 411.5},
    # g/kg and cg/cm3
    "soilgrids": {"sand": 43.1, "silt": 35.0, "clay": 21.9, "bulk_density": 1.32},
    "esa-worldcover": {"land_cover": 80},
}  # fmt: skip
NAMES = [f"earth-engine-{name}" for name in EXPECTED]


@pytest.fixture(scope="module")
def address():
    images = []
    for asset, stored in STORED.items():
        bands = {
            name: StubBand(np.ma.masked_array(np.full((3, 4), value)), "EPSG:4326", PLACE)
            for name, value in stored.items()
        }
        facts = {"instrumentMode": "IW", "platform_number": "A"} if "S1_GRD" in asset else {}
        start = "2000-02-11T00:00:00Z" if "SRTM" in asset else NOON
        images.append(StubImage(asset, bands, start=start, properties=facts))
    with serve_earth_engine(images) as server:
        yield server.address


def test_every_definition_is_tested_here():
    kinds = {name: load_definition(name).kind for name in list_definitions()}
    assert sorted(name for name, kind in kinds.items() if kind == "earth-engine") == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_numbers_mean_what_the_documentation_says(address, monkeypatch, name):
    monkeypatch.setenv("SMMAP_EARTH_ENGINE_URL", address)
    definition = load_definition(name)
    found = open_catalog(definition, None).find(definition, (8.0, 49.0, 10.0, 51.0), MAY)
    assert {one.item.collection_id for one in found} == set(definition.collections)
    expected = EXPECTED[name.removeprefix("earth-engine-")]
    assert set(expected) == set(definition.bands)
    item = next(one.item for one in found if one.item.collection_id == definition.collections[0])
    for band in resolve_bands(item, definition, definition.bands).values():
        if definition.by_day:
            grid = band.crs, Affine(*band.transform), band.shape
            moments, values = load_day(band, *grid, (0, 3, 0, 4))
            assert [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in moments] == [NOON]
        else:
            values = load_band(band, BLOCK).values
        # An amount of an hour that is told to be one becomes a daily rate with the series.
        hours = 24 if definition.bands[band.name].accumulated else 1
        np.testing.assert_allclose(
            values * hours, expected[band.name], rtol=1e-5, err_msg=band.name
        )


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_says_what_is_owed(name):
    definition = load_definition(name)
    assert definition.endpoint == "https://earthengine-highvolume.googleapis.com"
    assert definition.credential == "GOOGLE_APPLICATION_CREDENTIALS"
    assert definition.requests_per_second == 100
    assert definition.attribution
    assert definition.offset_rule == "fixed"
