"""Real files: an annotation, an elevation model, scenes of two providers."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from smmap.catalog.definitions import load_definition
from smmap.grid.utm import UtmGrid
from smmap.spec.band import Band
from smmap.spec.recipe import Despeckle, Radar
from smmap.spec.scene import Scene
from smmap.spec.tile import Block
from smmap.stack.incidence import choose_angle_source, load_incidence
from smmap.stack.radar import RadarGrid, load_radar
from smmap.stack.raster import load_raster
from smmap.stack.terrain import load_terrain

pytestmark = pytest.mark.realdata


def make_scene(definition, bands, **changes):
    facts = {"datetime": datetime(2021, 12, 23, 5, 11, tzinfo=UTC), "span_m": 3e5}
    centre = changes.pop("centre", (12.5, 41.9))
    return Scene("s", definition=definition, bands=bands, centre=centre, **(facts | changes))


@pytest.fixture(scope="module")
def rome(shared_data):
    (path,) = (shared_data / "rome-annotation" / "SAFE" / "annotation").glob("s1b-iw-grd-vv-*.xml")
    return path


def test_the_annotations_own_points_come_back(rome):
    """On blocks around the geolocation grid's points: its angles, but for the terrain's height.

    The grid is on the ground; 0.04 degrees a kilometre, and no point is above 3 km.
    """
    scene = make_scene(load_definition("local-sentinel-1"), {}, annotation=str(rome))
    assert choose_angle_source(scene, "auto") == "annotation"
    points = ET.parse(rome).getroot().findall(".//geolocationGridPoint")
    columns = ("longitude", "latitude", "incidenceAngle", "height")
    rows = np.array([[float(point.findtext(name)) for name in columns] for point in points])
    low = rows[np.abs(rows[:, 3]) < 500]
    to_map = Transformer.from_crs(4326, 32633, always_xy=True)
    for lon, lat, angle, _ in low[:: len(low) // 25]:
        x, y = to_map.transform(lon, lat)
        affine = Affine(10, 0, x - 15, 0, -10, y + 15)
        there = Block.whole(GeoBox((3, 3), affine, "EPSG:32633"))
        assert load_incidence(scene, there, "auto")[1, 1] == pytest.approx(angle, abs=0.05)


def test_the_orbits_angle_agrees_with_the_annotations(rome):
    """Two ways to the same angle: 0.3 degrees is what orbit geometry promises."""
    definition = load_definition("local-sentinel-1")
    tile = UtmGrid("utm-100m", 100).get_tile(33, "N", 3, 45)
    there = Block(tile.geobox, 0, 0, 30, 1024)
    own = load_incidence(make_scene(definition, {}, annotation=str(rome)), there, "annotation")
    inside = np.isfinite(own)
    assert inside.any()
    # Relative orbit of Sentinel-1B: (absolute - 27) mod 175 + 1; the file's name says 30148.
    orbit = (30148 - 27) % 175 + 1
    scene = make_scene(definition, {}, orbit_state="descending", relative_orbit=orbit)
    found = load_incidence(scene, there, "orbit")
    np.testing.assert_allclose(found[inside], own[inside], atol=0.3)


def test_terrain_around_rome(shared_data):
    """Elevation by hand from the file; the sea side is flat, the Alban Hills are not steep."""
    path = str(shared_data / "rome-annotation" / "Rome-30m-DEM.tif")
    with rasterio.open(path) as file:
        west, south, east, north = file.bounds
        values, transform = file.read(1), file.transform
    x, y = Transformer.from_crs(4326, 32633, always_xy=True).transform(
        (west + east) / 2, (south + north) / 2
    )
    affine = Affine(10, 0, round(x) - 2000, 0, -10, round(y) + 2000)
    there = Block.whole(GeoBox((400, 400), affine, "EPSG:32633"))
    scene = make_scene(load_definition("local-dem"), {"elevation": Band("elevation", path, "m")})
    layers = load_terrain([scene], there, 1)
    assert np.isfinite(layers["elevation"]).all()
    lon, lat = Transformer.from_crs(32633, 4326, always_xy=True).transform(
        there.xs()[200], there.ys()[200]
    )
    col, row = ~transform * (lon, lat)
    around = values[int(row) - 1 : int(row) + 2, int(col) - 1 : int(col) + 2]
    assert around.min() <= layers["elevation"][200, 200] <= around.max()
    assert np.nanmin(layers["slope_deg"]) >= 0
    assert np.nanmax(layers["slope_deg"]) < 90


def test_sigma0_on_its_own_grid_is_the_files(shared_data):
    folder = min((shared_data / "belgium-2023" / "sentinel-1-grd").glob("*_R110"))
    with rasterio.open(folder / "vv.tif") as file:
        stored, geobox = file.read(1), GeoBox(file.shape, file.transform, file.crs)
    bands = {name: Band(name, str(folder / f"{name}.tif"), "linear") for name in ("vv", "vh")}
    scene = make_scene(
        load_definition("local-sentinel-1"), bands, mean_incidence_deg=36.0, span_m=900.0
    )
    plain = Radar(despeckle=Despeckle(method="none"), erode=5)
    layers = load_radar([[scene]], Block.whole(geobox), RadarGrid(1, 10.0), plain)
    seen = np.isfinite(stored) & (stored != 0)
    np.testing.assert_array_equal(layers["sigma0_vv"][seen], stored[seen])
    assert np.isnan(layers["sigma0_vv"][~seen]).all()


def test_bursts_of_one_pass_join(shared_data):
    """OPERA bursts of one date: where either has a value the join has one, of one of them."""
    paths = sorted((shared_data / "california-rtc" / "2022-12-08").glob("*_VV.tif"))
    assert len(paths) == 3
    with rasterio.open(paths[0]) as file:
        block = Block.whole(GeoBox(file.shape, file.transform, file.crs))
    bands = [{"vv": Band("vv", str(path), "linear")} for path in paths]
    definition = load_definition("local-sentinel-1-rtc")
    scenes = [make_scene(definition, one, mean_incidence_deg=0.0, span_m=10.0) for one in bands]
    plain = Radar(despeckle=Despeckle(method="none"), erode=0)
    joined = load_radar([scenes], block, RadarGrid(1, 30.0), plain)["sigma0_vv"]
    single = np.stack([load_raster(one["vv"], block).values for one in bands])
    np.testing.assert_array_equal(np.isfinite(joined), np.isfinite(single).any(axis=0))
    seen = np.isfinite(joined)
    assert seen.any()
    # An angle of 0 makes gamma0 and sigma0 the same.
    assert (single == joined).any(axis=0)[seen].all()
