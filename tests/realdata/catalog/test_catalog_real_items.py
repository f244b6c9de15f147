"""Every definition on the items that providers really publish."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pystac
import pytest
import rasterio
import shapely
from rasterio.warp import transform_geom
from stac_server import serve_stac

from smmap.catalog.bands import has_band, needs_dark_pixel_check, resolve_bands
from smmap.catalog.definitions import load_definition
from smmap.catalog.footprint import compute_footprint, compute_time
from smmap.catalog.overpass import group_overpasses
from smmap.catalog.registry import open_catalog
from smmap.spec.errors import SceneError
from smmap.spec.period import Period

pytestmark = pytest.mark.realdata

REFLECTANCE = {
    "coastal": "B01",
    "blue": "B02",
    "green": "B03",
    "red": "B04",
    "rededge1": "B05",
    "rededge2": "B06",
    "rededge3": "B07",
    "nir": "B08",
    "nir08": "B8A",
    "swir16": "B11",
    "swir22": "B12",
}
MOL = (5.05, 51.21, 5.07, 51.23)


@pytest.fixture
def items(shared_data):
    return shared_data / "stac-items"


def load_items(folder, pattern):
    found = [pystac.Item.from_file(str(path)) for path in sorted(folder.glob(pattern))]
    assert found
    return found


def test_earth_search_offsets(items):
    definition = load_definition("earth-search-sentinel-2-l2a")
    seen = set()
    for item in load_items(items / "earth_search_v1", "**/S2*.json"):
        if "AOT" in item.assets:  # a SAFE's own item of another provider
            continue
        properties = item.properties
        baseline = properties.get(
            "s2:processing_baseline", properties.get("sentinel2:processing_baseline")
        )
        applied = properties.get("earthsearch:boa_offset_applied")
        bands = resolve_bands(item, definition, [*REFLECTANCE, "scl"])
        expected = -0.1 if baseline >= "04.00" and not applied else 0.0
        for name in REFLECTANCE:
            assert (bands[name].scale, bands[name].offset, bands[name].nodata) == (
                1e-4,
                expected,
                0,
            )
            assert not bands[name].href.endswith("-jp2")
        assert (bands["scl"].scale, bands["scl"].offset) == (1, 0)
        assert needs_dark_pixel_check(item, definition) is (baseline >= "04.00")
        seen.add((baseline, applied))
    assert {
        ("00.01", False),
        ("03.01", False),
        ("05.09", True),
        ("05.10", True),
        ("05.09", None),
    } <= seen


def test_earth_search_files_are_those_of_the_bands(items):
    definition = load_definition("earth-search-sentinel-2-l2a")
    for item in load_items(items / "earth_search_v1" / "stac_items", "S2?_33*.json"):
        for name, band in resolve_bands(item, definition, REFLECTANCE).items():
            assert band.href.endswith(f"/{REFLECTANCE[name]}.tif")


def test_planetary_computer_sentinel_2(items):
    definition = load_definition("planetary-computer-sentinel-2-l2a")
    features = json.loads((items / "odc_stac" / "site2-2020_jun_jul-35MNM.geojson").read_text())
    more = [pystac.Item.from_dict(one) for one in features["features"]]
    for item in load_items(items / "odc_stac", "S2B_MSIL2A*.json") + more:
        bands = resolve_bands(item, definition, [*REFLECTANCE, "scl"])
        for name, key in REFLECTANCE.items():
            assert f"_{key}_" in bands[name].href
            assert (bands[name].scale, bands[name].offset) == (1e-4, 0)  # baseline 02.12
        assert "_SCL_20m" in bands["scl"].href


def test_stactools_sentinel_2_as_a_local_catalogue(items):
    (item,) = load_items(items / "stactools", "S2A*.json")
    bands = resolve_bands(item, load_definition("local-sentinel-2"), [*REFLECTANCE, "scl"])
    assert {(b.scale, b.offset) for n, b in bands.items() if n != "scl"} == {(1e-4, 0)}


def test_planetary_computer_rtc_old_names(items):
    definition = load_definition("planetary-computer-sentinel-1-rtc")
    assert (definition.radiometry.quantity, definition.radiometry.surface) == ("gamma0", "terrain")
    for item in load_items(items / "planetary_computer", "*1SDV*_rtc.json"):
        for name, band in resolve_bands(item, definition, ["vv", "vh"]).items():
            assert band.href.endswith(f"iw-{name}.rtc.tiff")
            assert (band.units, band.scale, band.offset, band.nodata) == ("linear", 1, 0, -32768)
        assert not has_band(item, definition, "incidence")
        looks = item.properties["sar:looks_equivalent_number"]
        cell = [item.properties[f"sar:resolution_{axis}"] for axis in ("range", "azimuth")]
        assert (definition.looks, list(definition.cell)) == (looks, cell)


def test_planetary_computer_rtc_new_names(items):
    # Their collection describes the assets as they are called now.
    collection = json.loads(
        (items / "planetary_computer" / "collection_sentinel-1-rtc.json").read_text()
    )
    definition = load_definition("planetary-computer-sentinel-1-rtc")
    for name, band in definition.bands.items():
        described = collection["item_assets"][band.assets[0]]
        assert band.assets[0] == name
        assert "gamma naught" in described["description"]
        assert described["raster:bands"][0]["nodata"] == band.nodata
    assert definition.licence == collection["license"]


@pytest.mark.parametrize(
    "pattern", ["planetary_computer/*1SDH*_rtc.json", "stactools/S1A_EW*.json"]
)
def test_hh_is_refused(items, pattern):
    for name in ("planetary-computer-sentinel-1-rtc", "local-sentinel-1"):
        for item in load_items(items, pattern):
            with pytest.raises(SceneError, match="HH/HV is refused"):
                resolve_bands(item, load_definition(name), ["vv"])


def test_indigo_rtc_as_a_local_catalogue(items):
    definition = load_definition("local-sentinel-1-rtc")
    found = load_items(items / "stactools", "S1?_20*_ASC.json")
    for item in found:
        bands = resolve_bands(item, definition, ["vv", "vh"])
        assert {band.nodata for band in bands.values()} == {0}  # as the items declare
        assert not has_band(item, definition, "incidence")  # theirs is the local angle
    assert [o.id for o in group_overpasses(found)] == ["S1B_O003050", "S1A_O030643"]


@pytest.mark.parametrize(
    "name", ["local-dem", "planetary-computer-cop-dem-glo-30", "earth-search-cop-dem-glo-30"]
)
def test_copernicus_dem(items, name):
    (item,) = load_items(items / "stactools", "Copernicus*.json")
    band = resolve_bands(item, load_definition(name), ["elevation"])["elevation"]
    assert band.href.endswith("N53_00_W115_00_DEM.tif")
    assert (band.units, band.scale, band.offset, band.nodata) == ("m", 1, 0, None)
    assert compute_footprint(item).bounds == tuple(item.bbox)
    # without the geometry, its 2400 x 3600 pixels that are not square give the same
    item.geometry = None
    assert compute_footprint(item).bounds == pytest.approx(tuple(item.bbox))


def test_rtc_footprints_in_metres(items):
    """Against GDAL's own reprojection, and near the zone that their code names."""
    for item in load_items(items / "planetary_computer", "*_rtc.json"):
        shape = compute_footprint(item)
        crs = f"EPSG:{item.properties['proj:epsg']}"
        dense = shapely.segmentize(shapely.geometry.shape(item.geometry), 5000)
        theirs = transform_geom(crs, "EPSG:4326", shapely.geometry.mapping(dense))
        theirs = shapely.geometry.shape(theirs)
        assert shape.intersection(theirs).area > 0.9999 * theirs.area
        assert theirs.intersection(shape).area > 0.9999 * shape.area
        # of a zone of six degrees, with a swath of 250 km around it
        centre = (item.properties["proj:epsg"] % 100) * 6 - 183
        assert abs(shape.centroid.x - centre) < 6


def test_rtc_slices_are_overpasses(items):
    found = load_items(items / "planetary_computer", "*_rtc.json")
    overpasses = group_overpasses(found)
    assert {o.id: len(o.items) for o in overpasses} == {
        "S1A_O030352": 4,
        "S1A_O030353": 1,
        "S1A_O030358": 3,
    }
    assert overpasses[0].relative_orbit == 5
    assert overpasses[0].orbit_state == "ascending"
    start, middle, end = compute_time(overpasses[0].items[1])
    assert start == datetime(2019, 12, 15, 0, 42, 49, 317344, UTC)
    assert abs(middle - overpasses[0].items[1].datetime).total_seconds() < 1e-3
    assert (end - start).total_seconds() == pytest.approx(25, abs=0.01)


def test_antimeridian_tiles(items):
    folder = items / "earth_search_v1" / "full_products_antimeridian"
    for item in load_items(folder, "**/S2*.json"):
        shape = compute_footprint(item)
        sides = sorted(part.bounds for part in shape.geoms)
        assert all(east - west < 3 for west, _, east, _ in sides)
        assert sides[0][0] == -180
        assert sides[-1][2] == 180
        # the pixel grid, an independent statement, covers what the geometry says
        item.geometry = None
        grid = compute_footprint(item)
        assert grid.intersection(shape).area > 0.98 * shape.area


def test_antimeridian_catalogue_is_searched(items, caplog):
    folder = items / "earth_search_v1" / "full_products_antimeridian"
    definition = load_definition("earth-search-sentinel-2-l2a").model_copy(
        update={"endpoint": None, "collections": ("sentinel-s2-l2a",)}
    )
    catalog = open_catalog(definition, str(folder))
    bbox, period = catalog.extent(definition)
    assert bbox[0] > 177
    assert bbox[2] < -177
    assert len(catalog.search(definition, bbox, period)) == 5
    assert len(catalog.search(definition, (178, 66, -179, 68), None)) == 5
    assert catalog.search(definition, (0, 66, 20, 68), None) == []
    assert not caplog.records


def test_belgium_from_folder_and_server(shared_data):
    folder = shared_data / "belgium-2023"
    period = Period.parse("2023-04-05/2023-04-20")
    with serve_stac(folder) as address:
        for name, count in (("local-sentinel-1", 6), ("local-sentinel-2", 7)):
            definition = load_definition(name)
            found = []
            for place in (str(folder), f"{folder}/catalog.json", address, f"{address}/files"):
                catalog = open_catalog(definition, place)
                box, whole = catalog.extent(definition)
                assert shapely.box(*box).intersects(shapely.box(*MOL))
                assert datetime(2023, 4, 10, tzinfo=UTC) in whole
                found.append([item.id for item in catalog.search(definition, MOL, period)])
            assert found[0] == found[1] == found[2] == found[3]
            assert len(found[0]) == count


def test_belgium_is_ten_overpasses(shared_data):
    definition = load_definition("local-sentinel-1")
    catalog = open_catalog(definition, str(shared_data / "belgium-2023"))
    overpasses = group_overpasses(catalog.search(definition, MOL, None))
    assert len(overpasses) == 10
    assert overpasses[-1].id == "S1A_R110D_20230429"
    assert {o.relative_orbit: o.orbit_state for o in overpasses} == {
        88: "ascending",
        161: "ascending",
        110: "descending",
        37: "descending",
    }


def test_belgium_pixels_over_http_by_range(shared_data):
    """The calibration of two bands, on pixels read through the server."""
    folder = shared_data / "belgium-2023"
    with serve_stac(folder) as address:
        definition = load_definition("local-sentinel-2")
        item = open_catalog(definition, address).search(definition, MOL, None)[1]
        for name, band in resolve_bands(item, definition, ["red", "scl"]).items():
            with rasterio.open(band.href) as remote:
                pixels = remote.read(band.index)
            with rasterio.open(folder / "sentinel-2-l2a" / item.id / f"{name}.tif") as local:
                np.testing.assert_array_equal(pixels, local.read(1))
            if name == "red":  # reflectance of land on a clear day
                values = pixels[pixels != band.nodata] * band.scale + band.offset
                assert 0.0 < np.median(values) < 0.2
