"""A simulated world and its other sources as images of Earth Engine, by its own conventions.

Read here with rasterio, xarray and h5py alone: nothing of the product's own readers.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import h5py
import numpy as np
import rasterio
import xarray as xr
from affine import Affine
from earth_engine_world import StubBand, StubImage

RADAR = {"vv": "VV", "vh": "VH"}
SENTINEL_2 = {
    "coastal": "B1", "blue": "B2", "green": "B3", "red": "B4", "rededge1": "B5", "rededge2": "B6",
    "rededge3": "B7", "nir": "B8", "nir08": "B8A", "nir09": "B9", "cirrus": "B10",
    "swir16": "B11", "swir22": "B12", "scl": "SCL",
}  # fmt: skip
LANDSAT = {
    "coastal": "B1", "blue": "B2", "green": "B3", "red": "B4", "nir08": "B5", "swir16": "B6",
    "swir22": "B7", "pan": "B8", "cirrus": "B9",
}  # fmt: skip
# K1, K2 and radiance scale of Landsat 8 and 9, bands 10 and 11, from their metadata files.
THERMAL = {
    "landsat-8": {
        "lwir11": (3.342e-4, 774.8853, 1321.0789),
        "lwir12": (3.342e-4, 480.8883, 1201.1442),
    },
    "landsat-9": {
        "lwir11": (3.8e-4, 799.0284, 1329.2405),
        "lwir12": (3.49e-4, 475.6581, 1198.3494),
    },
}
FACTS = {
    "platform": "platform",
    "sar:instrument_mode": "instrumentMode",
    "sar:polarizations": "transmitterReceiverPolarisation",
    "sat:orbit_state": "orbitProperties_pass",
    "sat:relative_orbit": "relativeOrbitNumber_start",
    "sat:absolute_orbit": "orbitNumber_start",
    "eo:cloud_cover": "CLOUDY_PIXEL_PERCENTAGE",
    "view:incidence_angle": "view:incidence_angle",
}
ERA5_LAND = {
    "swvl1": "volumetric_soil_water_layer_1",
    "stl1": "soil_temperature_level_1",
    "t2m": "temperature_2m",
    "sde": "snow_depth",
}


def read(path):
    with rasterio.open(path) as file:
        crs = file.crs.to_string()
        crs = "SR-ORG:6974" if "inusoidal" in crs else crs
        return file.read(1, masked=True), crs, file.transform


def make_band(values, crs, transform, dtype=None):
    return StubBand(values.astype(dtype) if dtype else values, crs, transform)


def list_items(folder):
    for path in sorted(folder.glob("*/*/*.json")):
        item = json.loads(path.read_text())
        if item["type"] != "Feature":
            continue
        files = {key: read(path.parent / one["href"]) for key, one in item["assets"].items()}
        yield item, files


def make_image(name, item, bands):
    facts = item["properties"]
    return StubImage(
        name,
        bands,
        start=facts.get("start_datetime") or facts["datetime"],
        end=facts.get("end_datetime") or facts["datetime"],
        updated=facts["updated"],
        geometry=item["geometry"],
        properties={theirs: facts[ours] for ours, theirs in FACTS.items() if ours in facts},
    )


def harmonise(values):
    """Sentinel-2 as Google keeps it: the offset taken out of the stored number."""
    return values.astype(np.int32) - 1000 if values.dtype == np.uint16 else values


def score_classes(classes, *place):
    """A cloud score that says what the scene classification says."""
    return make_band(np.ma.masked_array(np.isin(classes, (4, 5, 6, 7, 11))), *place, np.float32)


def list_stac(world):
    for item, files in [*list_items(world), *list_items(world / "sources")]:
        name, plain = item["id"], {key: make_band(*one) for key, one in files.items()}
        match item["collection"]:
            case "sentinel-1-grd":
                bands = {RADAR[key]: one for key, one in plain.items()}
                yield make_image(f"COPERNICUS/S1_GRD_FLOAT/{name}", item, bands)
            case "cop-dem-glo-30":
                yield make_image(f"COPERNICUS/DEM/GLO30/{name}", item, {"DEM": plain["data"]})
            case "alos-dem":
                yield make_image(f"JAXA/ALOS/AW3D30/V4_1/{name}", item, {"DSM": plain["data"]})
            case "srtm":
                yield StubImage("USGS/SRTMGL1_003", {"elevation": plain["data"]}, start=None)
            case "esa-worldcover":
                yield make_image(f"ESA/WorldCover/v200/{name}", item, {"Map": plain["map"]})
            case "sentinel-2-l2a" | "sentinel-2-l1c":
                of = "S2_SR_HARMONIZED" if item["collection"][-1] == "a" else "S2_HARMONIZED"
                bands = {
                    SENTINEL_2[key]: make_band(harmonise(one[0]), *one[1:])
                    for key, one in files.items()
                    if key != "cloud_score"
                }
                yield make_image(f"COPERNICUS/{of}/{name}", item, bands)
                score = {"cs_cdf": plain.get("cloud_score") or score_classes(*files["scl"])}
                name = f"GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED/{name}"
                yield make_image(name, item, score)
            case "landsat-c2-l1":
                yield make_landsat(item, files)


def make_landsat(item, files):
    """Top of atmosphere as Google computes it, in float32: USGS's formulas, written out here."""
    facts, bands = item["properties"], {}
    sine = np.sin(np.radians(facts["view:sun_elevation"]))
    for key, (stored, *place) in files.items():
        if key in LANDSAT:
            light = (stored.astype(float) * 2e-5 - 0.1) / sine
            bands[LANDSAT[key]] = make_band(light, *place, np.float32)
        elif key in THERMAL[facts["platform"]]:
            scale, k1, k2 = THERMAL[facts["platform"]][key]
            kelvin = k2 / np.log(k1 / (stored.astype(float) * scale + 0.1) + 1)
            bands["B10" if key == "lwir11" else "B11"] = make_band(kelvin, *place, np.float32)
        else:
            bands["QA_PIXEL"] = make_band(stored, *place)
    number = facts["platform"][-1]
    image = make_image(f"LANDSAT/LC0{number}/C02/T1_TOA/{item['id']}", item, bands)
    image.properties["CLOUD_COVER"] = image.properties.pop("CLOUDY_PIXEL_PERCENTAGE")
    return image


def list_hours(folder):
    """ERA5-Land with the rain of each hour."""
    with xr.open_dataset(next(folder.glob("*.nc"))) as data:
        lons, lats = data.longitude.values, data.latitude.values
        place = Affine(0.1, 0, lons[0] - 0.05, 0, -0.1, lats[0] + 0.05)
        tp = data.tp.values.astype(float)
        for step, moment in enumerate(data.valid_time.values):
            hour = int(moment.astype("datetime64[h]").astype(int) % 24)
            before = tp[step - 1] if hour != 1 and step else np.zeros(tp.shape[1:])
            rain = tp[step] - before if step else np.full(tp.shape[1:], np.nan)
            bands = {
                theirs: make_band(np.ma.masked_invalid(data[ours].values[step]), "EPSG:4326", place)
                for ours, theirs in ERA5_LAND.items()
            }
            rain = np.ma.masked_invalid(rain)
            bands["total_precipitation_hourly"] = make_band(rain, "EPSG:4326", place)
            text = str(moment.astype("datetime64[s]"))
            stem = text[:13].replace("-", "")
            yield StubImage(f"ECMWF/ERA5_LAND/HOURLY/{stem}", bands, start=f"{text}Z")


def list_gldas(folder):
    for path in sorted(folder.glob("*.nc4")):
        with xr.open_dataset(path) as data:
            lons, lats = data.lon.values, data.lat.values
            place = Affine(0.25, 0, lons[0] - 0.125, 0, -0.25, lats[-1] + 0.125)
            water = np.ma.masked_invalid(data.SoilMoi0_10cm_inst.values[0, ::-1])
            moment = str(data.time.values[0].astype("datetime64[s]"))
        stem = re.sub(r"\D", "", moment[:13])
        bands = {"SoilMoi0_10cm_inst": make_band(water, "EPSG:4326", place)}
        yield StubImage(f"NASA/GLDAS/V021/NOAH/G025/T3H/A{stem}", bands, start=f"{moment}Z")


def list_smap(folder):
    size = 9008.055210146
    place = Affine(size, 0, -17367530.4451615, 0, -size, 7314540.8306386)
    for path in sorted(folder.glob("*.h5")):
        day = datetime.strptime(path.name[15:23], "%Y%m%d").replace(tzinfo=UTC)
        with h5py.File(path) as file:
            group = file["Soil_Moisture_Retrieval_Data_AM"]
            moisture = np.ma.masked_equal(group["soil_moisture"][:], np.float32(-9999))
            flags = np.ma.masked_equal(group["retrieval_qual_flag"][:], 65534)
        bands = {
            "soil_moisture_am": make_band(moisture, "EPSG:6933", place),
            "retrieval_qual_flag_am": make_band(flags, "EPSG:6933", place),
        }
        start, end = (f"{one:%Y-%m-%dT00:00:00Z}" for one in (day, day + timedelta(days=1)))
        yield StubImage(f"NASA/SMAP/SPL3SMP_E/005/{day:%Y%m%d}", bands, start=start, end=end)
    later = {"start": "2023-12-04T00:00:00Z", "end": "2023-12-05T00:00:00Z"}
    yield StubImage("NASA/SMAP/SPL3SMP_E/006/20231204", bands, **later)


COMPOSITES = {
    "modis-lai": (4, {"Lai_500m": "Lai", "FparLai_QC": "FparLai_QC"}),
    "modis-vegetation": (16, {"NDVI": "NDVI", "EVI": "EVI", "pixel_reliability": "SummaryQA"}),
}


def list_modis(folder, kind):
    days, names = COMPOSITES[kind]
    scenes = {}
    for path in sorted(folder.glob("*.tif")):
        product, date = path.name[:7].rstrip("."), re.search(r"doy(\d{7})", path.name)[1]
        product = path.name.partition(".")[0]
        name = next(name for name in names if f"_{name}_doy" in path.name)
        scenes.setdefault((product, date), {})[names[name]] = make_band(*read(path))
    for (product, date), bands in scenes.items():
        first = datetime.strptime(date, "%Y%j").replace(tzinfo=UTC)
        start, end = (f"{one:%Y-%m-%dT00:00:00Z}" for one in (first, first + timedelta(days=days)))
        name = f"MODIS/061/{product}/{first:%Y_%m_%d}"
        yield StubImage(name, bands, start=start, end=end)


def list_soil(folder):
    for path in sorted(folder.glob("*.tif")):
        name = path.name.partition("_")[0]
        yield StubImage(
            f"projects/soilgrids-isric/{name}_mean",
            {f"{name}_0-5cm_mean": make_band(*read(path))},
            start=None,
        )


def upload_world(world):
    """Everything."""
    sources = world / "sources"
    yield from list_stac(world)
    yield from list_hours(sources / "era5-land")
    yield from list_gldas(sources / "gldas")
    yield from list_smap(sources / "smap")
    yield from list_modis(sources / "modis-lai", "modis-lai")
    yield from list_modis(sources / "modis-vegetation", "modis-vegetation")
    yield from list_modis(sources / "modis-vegetation-250m", "modis-vegetation")
    yield from list_soil(sources / "soilgrids")
