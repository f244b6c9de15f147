"""Images with the properties that the data catalogue of Earth Engine lists."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from earth_engine_world import StubBand, StubImage

from smmap.spec.period import Period

BOX = (9.0, 49.0, 10.0, 50.0)
APRIL = Period.parse("2023-04-01/2023-04-30")
OUTLINE = shapely.geometry.mapping(shapely.box(8.5, 48.5, 11.0, 50.5))
UTM = ("EPSG:32632", Affine(10, 0, 500_000, 0, -10, 5_600_000))
S1 = "S1A_IW_GRDH_1SDV_20230402T054821_20230402T054846_047912_05C1D2_1A2B"
S2 = "20230405T102559_20230405T103010_T32UNV"
# Properties as the data catalogue of Earth Engine lists them for these collections.
S1_FACTS = {
    "instrumentMode": "IW",
    "orbitNumber_start": 47912,
    "orbitProperties_pass": "DESCENDING",
    "platform_number": "A",
    "relativeOrbitNumber_start": 66,
    "resolution_meters": 10,
    "transmitterReceiverPolarisation": ["VV", "VH"],
}
S2_FACTS = {
    "CLOUDY_PIXEL_PERCENTAGE": 12.5,
    "MGRS_TILE": "32UNV",
    "PROCESSING_BASELINE": "05.09",
    "SENSING_ORBIT_DIRECTION": "DESCENDING",
    "SENSING_ORBIT_NUMBER": 108,
    "SPACECRAFT_NAME": "Sentinel-2A",
}


def make_image(asset, *bands, crs=UTM[0], transform=UTM[1], **options):
    pixels = np.ma.zeros((4, 5), np.float32)
    options = {"start": "2023-04-02T05:48:21Z", "geometry": OUTLINE} | options
    return StubImage(asset, {name: StubBand(pixels, crs, transform) for name in bands}, **options)
