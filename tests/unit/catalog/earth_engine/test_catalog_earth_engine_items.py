"""Items of Earth Engine's images: what they say, which are found, how often is asked."""

from __future__ import annotations

import pickle

import pytest
from affine import Affine
from earth_engine_images import S1, S1_FACTS, S2, S2_FACTS, UTM, make_image
from earth_engine_world import PUBLIC

from smmap.catalog.bands import find_obstacle, resolve_bands
from smmap.catalog.candidate import mark_version
from smmap.catalog.definitions import load_definition
from smmap.catalog.overpass import group_overpasses
from smmap.grid.earth_engine import SINUSOIDAL
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.errors import SceneError
from smmap.spec.period import Period


def test_a_radar_image_says_what_a_scene_must(search, server):
    image = make_image(
        f"COPERNICUS/S1_GRD/{S1}",
        "VV",
        "VH",
        "angle",
        end="2023-04-02T05:48:46Z",
        properties=S1_FACTS,
    )
    (one,) = search("earth-engine-sentinel-1", [image])
    assert one.id == f"COPERNICUS_S1_GRD_{S1}"
    assert (one.platform, one.state) == ("sentinel-1a", "descending")
    assert (one.absolute, one.relative) == (47912, 66)
    assert (one.start.second, one.middle.microsecond, one.end.second) == (21, 500_000, 46)
    assert mark_version(one.item) == image.updated
    scene = resolve_scene(one.item, load_definition("earth-engine-sentinel-1"), ["vv"])
    band = scene.bands["vh"]
    assert (band.reader, band.variable, band.units) == ("earth-engine", "VH", "dB")
    assert (band.crs, Affine(*band.transform), band.shape) == (*UTM, (4, 5))
    assert band.href == f"{server.address}/v1/{PUBLIC}COPERNICUS/S1_GRD/{S1}"
    assert set(scene.bands) == {"vv", "vh", "incidence"}
    assert [overpass.id for overpass in group_overpasses([one.item])] == ["S1A_O047912"]


def test_other_modes_and_polarisations_are_not_used(search):
    wide = make_image("COPERNICUS/S1_GRD/a", "VV", properties=S1_FACTS | {"instrumentMode": "EW"})
    polar = {"transmitterReceiverPolarisation": ["HH", "HV"]}
    other = make_image("COPERNICUS/S1_GRD/b", "HH", "HV", properties=S1_FACTS | polar)
    found = search("earth-engine-sentinel-1", [wide, other])
    assert [one.id for one in found] == ["COPERNICUS_S1_GRD_b"]
    definition = load_definition("earth-engine-sentinel-1")
    assert "HH/HV is refused" in find_obstacle(found[0], definition, ["vv"])


def make_optical(index=S2):
    names = [*(f"B{number}" for number in range(1, 13) if number != 10), "B8A", "SCL"]
    more = {"start": "2023-04-05T10:30:10Z", "properties": S2_FACTS}
    return [
        make_image(f"COPERNICUS/S2_SR_HARMONIZED/{index}", *names, **more),
        make_image(f"GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED/{index}", "cs", "cs_cdf", **more),
    ]


def test_a_clouds_score_comes_from_the_linked_image(search):
    (one,) = search("earth-engine-sentinel-2-l2a", make_optical())
    assert (one.cloud_cover, one.platform, one.relative) == (12.5, "sentinel-2a", 108)
    definition = load_definition("earth-engine-sentinel-2-l2a")
    scene = resolve_scene(one.item, definition, ["red", "nir08"])
    assert set(scene.bands) == {"red", "nir08", "scl", "cloud_score"}
    assert (scene.bands["red"].scale, scene.bands["red"].offset) == (1e-4, 0.0)
    assert "/CLOUD_SCORE_PLUS/" in scene.bands["cloud_score"].href
    assert scene.bands["cloud_score"].href.endswith(f"/{S2}")
    assert "/S2_SR_HARMONIZED/" in scene.bands["red"].href
    assert not scene.check_dark_pixels
    # The score is of another image.
    assert scene.bands["red"].together == ("B4", "B8A", "SCL")
    assert scene.bands["cloud_score"].together == ("cs_cdf",)


def test_a_scene_without_its_clouds_score_is_left_out_with_the_reason(search):
    image, _ = make_optical()
    _, score = make_optical("20230405T102559_20230405T103010_T32UNA")
    (one,) = search("earth-engine-sentinel-2-l2a", [image, score])
    definition = load_definition("earth-engine-sentinel-2-l2a")
    assert find_obstacle(one, definition, ["red", "cloud_score"]) == "no asset for cloud_score"
    with pytest.raises(SceneError, match=r"no asset for band 'cloud_score' \(tried cs_cdf"):
        resolve_bands(one.item, definition, ["cloud_score"])


def test_no_cloud_at_all_is_said_too(search):
    image, score = make_optical()
    image.properties = S2_FACTS | {"CLOUDY_PIXEL_PERCENTAGE": 0}
    (one,) = search("earth-engine-sentinel-2-l2a", [image, score])
    assert one.item.properties["eo:cloud_cover"] == 0


def test_hours_of_a_day_are_one_item(search, server):
    transform = Affine(0.1, 0, -180.05, 0, -0.1, 90.05)
    bands = ("volumetric_soil_water_layer_1", "temperature_2m", "skin_temperature")
    hours = [
        make_image(
            f"ECMWF/ERA5_LAND/HOURLY/202304{day:02d}T{hour:02d}",
            *bands,
            crs="EPSG:4326",
            transform=transform,
            start=f"2023-04-{day:02d}T{hour:02d}:00:00Z",
            end=f"2023-04-{day + (hour == 23):02d}T{(hour + 1) % 24:02d}:00:00Z",
            updated=f"2023-04-12T{hour:02d}:00:00Z",
            geometry=None,
        )
        for day in range(1, 6)
        for hour in range(24)
    ]
    found = search("earth-engine-era5-land", hours, period=Period.parse("2023-04-02/2023-04-03"))
    assert [one.id for one in found] == [
        "ECMWF_ERA5_LAND_HOURLY_20230402",
        "ECMWF_ERA5_LAND_HOURLY_20230403",
    ]
    one = found[0]
    assert (one.start.hour, one.end.hour) == (0, 23)
    assert one.item.properties["earth_engine:images"] == 24
    assert mark_version(one.item) == "2023-04-12T23:00:00Z"
    definition = load_definition("earth-engine-era5-land")
    band = resolve_scene(one.item, definition, ["soil_moisture"]).bands["soil_moisture"]
    assert band.href == f"{server.address}/v1/{PUBLIC}ECMWF/ERA5_LAND/HOURLY#2023-04-02"
    assert (Affine(*band.transform), band.shape) == (transform, (4, 5))
    assert "skin_temperature" not in one.assets
    # The collection, one page of names and times, one image in full.
    lists = [path for method, path, _ in server.requests if "ERA5" in path and method == "GET"]
    assert len(lists) == 3


def test_a_day_that_grows_is_another_version(search):
    hours = [
        make_image(
            f"ECMWF/ERA5_LAND/HOURLY/20230402T{hour:02d}",
            "temperature_2m",
            start=f"2023-04-02T{hour:02d}:00:00Z",
            updated=f"2023-04-1{hour}T00:00:00Z",
        )
        for hour in range(3)
    ]
    (before,), (after,) = (search("earth-engine-era5-land", hours[:count]) for count in (2, 3))
    assert before.id == after.id
    assert mark_version(before.item) < mark_version(after.item)


def test_one_image_for_all_times_and_its_linked_images(search):
    names = {"sand": "sand", "silt": "silt", "clay": "clay", "bdod": "bulk_density"}
    images = [
        make_image(
            f"projects/soilgrids-isric/{name}_mean",
            f"{name}_0-5cm_mean",
            crs="EPSG:4326",
            start=None,
            geometry=None,
        )
        for name in names
    ]
    (one,) = search("earth-engine-soilgrids", images)
    assert one.id == "projects_soilgrids-isric_sand_mean"
    definition = load_definition("earth-engine-soilgrids")
    bands = resolve_bands(one.item, definition, names.values())
    for name, ours in names.items():
        assert bands[ours].href.endswith(
            f"/projects/earthengine-legacy/assets/projects/soilgrids-isric/{name}_mean"
        )


def test_collections_that_stand_in_for_each_other(search):
    tile = make_image("JAXA/ALOS/AW3D30/V4_1/N049E009", "DSM", start="2006-01-24T00:00:00Z")
    srtm = make_image("USGS/SRTMGL1_003", "elevation", start="2000-02-11T00:00:00Z", geometry=None)
    found = search("earth-engine-aw3d30", [srtm, tile])
    definition = load_definition("earth-engine-aw3d30")
    bands = [resolve_bands(one.item, definition, ["elevation"])["elevation"] for one in found]
    assert {band.variable for band in bands} == {"DSM", "elevation"}
    assert {one.item.collection_id for one in found} == set(definition.collections)


def test_composites_that_began_before_the_period_are_found(search):
    """Sixteen days from 22 March reach into April; ids of Terra and Aqua differ."""
    more = {"start": "2023-03-22T00:00:00Z", "end": "2023-04-07T00:00:00Z", "crs": "SR-ORG:6974"}
    bands = ("NDVI", "EVI", "SummaryQA")
    images = [
        make_image(f"MODIS/061/{name}/2023_03_22", *bands, **more)
        for name in ("MOD13A2", "MYD13A2")
    ]
    found = search("earth-engine-modis-vegetation", images)
    assert [one.id for one in found] == [
        "MODIS_061_MOD13A2_2023_03_22",
        "MODIS_061_MYD13A2_2023_03_22",
    ]
    definition = load_definition("earth-engine-modis-vegetation")
    band = resolve_bands(found[0].item, definition, ["ndvi"])["ndvi"]
    assert (band.crs, band.scale) == (SINUSOIDAL, 1e-4)


def test_an_update_of_the_clouds_score_is_one_of_the_scene(search):
    image, score = make_optical()
    (before,) = search("earth-engine-sentinel-2-l2a", [image, score])
    score.updated = "2023-06-01T00:00:00Z"
    (after,) = search("earth-engine-sentinel-2-l2a", [image, score])
    assert mark_version(before.item) == image.updated
    assert mark_version(after.item) == score.updated


def test_items_travel_to_workers(search):
    (one,) = search("earth-engine-sentinel-2-l2a", make_optical())
    copy = pickle.loads(pickle.dumps(one))
    assert copy.item.to_dict() == one.item.to_dict()
    assert mark_version(copy.item) == mark_version(one.item)
