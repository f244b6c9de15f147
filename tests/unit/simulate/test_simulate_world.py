"""The world is served as a provider would serve it, and its truth is the truth."""

import hashlib
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from pyproj import Transformer
from rio_cogeo.cogeo import cog_validate
from scipy.ndimage import map_coordinates
from shapely.geometry import shape

from smmap.simulate.area import list_areas
from smmap.simulate.landscape import draw_landscape
from smmap.simulate.orbits import START, TRACKS, count_days
from smmap.simulate.swath import compute_view
from smmap.simulate.world import simulate_world
from smmap.spec.errors import ConfigError, GridError, StoreError


def load(path):
    with rasterio.open(path) as file:
        return file.read(1)


def list_items(world, collection):
    catalog = pystac.Catalog.from_file(str(world.folder / "catalog.json"))
    return list(catalog.get_child(collection).get_items())


def hash_files(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_summary_counts_what_is_there(world):
    assert world.tiles == ("31N_3_55",)
    assert world.radar_scenes == len(list_items(world, "sentinel-1-grd")) == 5
    assert world.optical_scenes == len(list_items(world, "sentinel-2-l2a")) == 5
    assert len(list_items(world, "cop-dem-glo-30")) == 1


def test_catalogue_validates_offline(world):
    catalog = pystac.Catalog.from_file(str(world.folder / "catalog.json"))
    objects = [catalog, *catalog.get_children(), *catalog.get_items(recursive=True)]
    for one in objects:
        one.stac_extensions = []  # their schemas are not on this machine
        one.validate()
    links = [link.href for one in objects for link in one.links]
    assert not any("truth" in str(href) for href in links)


def test_every_file_is_a_cog(world):
    paths = sorted(world.folder.rglob("*.tif"))
    assert len(paths) == 5 * 2 + 5 * 7 + 1 + 4
    for path in paths:
        valid, errors, warnings = cog_validate(path, strict=True)
        assert (valid, errors, warnings) == (True, [], [])


def test_items_describe_their_files(world):
    for collection in ("sentinel-1-grd", "sentinel-2-l2a", "cop-dem-glo-30"):
        for item in list_items(world, collection):
            for asset in item.get_assets().values():
                grid = {**item.properties, **asset.extra_fields}
                band = asset.extra_fields["raster:bands"][0]
                with rasterio.open(asset.get_absolute_href()) as file:
                    assert str(file.crs) == grid["proj:code"]
                    assert list(file.shape) == grid["proj:shape"]
                    assert list(file.transform)[:6] == grid["proj:transform"]
                    assert file.dtypes[0] == band["data_type"]
                    if "nodata" in band:
                        np.testing.assert_equal(file.nodata, float(band["nodata"]))


def test_pixels_lie_on_the_tile_grid(world, area):
    for path in world.folder.rglob("*.tif"):
        with rasterio.open(path) as file:
            if "cop-dem" in str(path):
                continue
            step = file.transform.a
            assert step in (10, 20)
            assert file.transform.c % step == 0
            assert file.transform.f % step == 0
            left, bottom, right, top = area.block.geobox.boundingbox.bbox
            assert left <= file.bounds.left <= file.bounds.right <= right
            assert bottom <= file.bounds.bottom <= file.bounds.top <= top


def test_orbit_fields_and_angle(world, area):
    for item in list_items(world, "sentinel-1-grd"):
        track = next(
            one for one in TRACKS if one.relative_orbit == item.properties["sat:relative_orbit"]
        )
        assert item.properties["sat:orbit_state"] == track.orbit_state
        assert item.properties["platform"] == "sentinel-1a"
        start, end = item.common_metadata.start_datetime, item.common_metadata.end_datetime
        assert start < item.datetime < end
        # The item's angle is that at its footprint's centre.
        centre = shape(item.geometry).centroid
        x, y = Transformer.from_crs("EPSG:4326", "EPSG:32631", always_xy=True).transform(
            centre.x, centre.y
        )
        column, row = (x - area.block.xs()[0]) / 10, (area.block.ys()[0] - y) / 10
        angle = map_coordinates(compute_view(area, track).incidence_deg, [[row], [column]], order=1)
        assert item.properties["view:incidence_angle"] == pytest.approx(angle[0], abs=0.002)


def test_footprint_holds_all_valid_pixels_and_little_else(world):
    for item in list_items(world, "sentinel-1-grd"):
        with rasterio.open(item.assets["vv"].get_absolute_href()) as file:
            valid = np.isfinite(file.read(1))
        forth = Transformer.from_crs("EPSG:4326", "EPSG:32631", always_xy=True)
        corners = [forth.transform(*one) for one in shape(item.geometry).exterior.coords]
        covered = shape({"type": "Polygon", "coordinates": [corners]}).area / 100
        assert covered == pytest.approx(valid.sum(), rel=0.04)


def test_slices_agree_where_they_overlap(world, area):
    slices = [
        item
        for item in list_items(world, "sentinel-1-grd")
        if item.properties["sat:relative_orbit"] == 110
    ]
    assert len({item.properties["sat:absolute_orbit"] for item in slices}) == 1
    joined = []
    for item in slices:
        whole = np.full(area.block.shape, np.nan, np.float32)
        with rasterio.open(item.assets["vv"].get_absolute_href()) as file:
            row = round((area.block.ys()[0] + 5 - file.transform.f) / 10)
            column = round((file.transform.c - area.block.xs()[0] + 5) / 10)
            whole[row : row + file.height, column : column + file.width] = file.read(1)
        joined.append(whole)
    both = np.isfinite(joined[0]) & np.isfinite(joined[1])
    assert both.any()
    assert np.array_equal(joined[0][both], joined[1][both])
    assert np.all(np.isfinite(joined[0]) | np.isfinite(joined[1]))


def test_one_orbit_ends_within_its_raster(world, area):
    for item in list_items(world, "sentinel-1-grd"):
        vv, vh = (load(item.assets[name].get_absolute_href()) for name in ("vv", "vh"))
        assert np.array_equal(np.isfinite(vv), np.isfinite(vh))
        assert np.nanmin(vv) > 0
        if item.properties["sat:relative_orbit"] == 161:
            assert vv.shape == area.block.shape
            assert 0.3 < np.isnan(vv).mean() < 0.5
        elif item.properties["sat:relative_orbit"] != 110:
            assert np.isfinite(vv).all()


def test_served_ndvi_is_the_true_one_under_a_clear_sky(world, landscape):
    clear_share = []
    for item in list_items(world, "sentinel-2-l2a"):
        band = item.assets["red"].extra_fields["raster:bands"][0]
        assert (band["scale"], band["offset"]) == (1e-4, -0.1)
        stored = (load(item.assets[name].get_absolute_href()) for name in ("red", "nir"))
        red, nir = (band["offset"] + band["scale"] * values.astype(float) for values in stored)
        classes = load(item.assets["scl"].get_absolute_href()).repeat(2, 0).repeat(2, 1)
        clear = np.isin(classes, (4, 5, 6))
        truth = landscape.compute_ndvi(count_days(item.datetime))
        # Half a stored step in each band: 2 (red + nir) 0.5e-4 / (red + nir)^2 at most.
        rounding = 1e-4 / (red + nir)
        error = np.abs((nir - red) / (nir + red) - truth)
        assert np.all(error[clear] <= 1.02 * rounding[clear])
        clear_share.append(clear.mean())
        cloudy = np.isin(classes, (8, 9, 10)).mean() * 100
        assert item.properties["eo:cloud_cover"] == pytest.approx(cloudy, abs=0.01)
        assert item.properties["s2:processing_baseline"] == "05.09"
    assert clear_share[0] > 0.8


def test_truth_lists_every_overpass_and_is_blind_on_water(world, landscape):
    listing = json.loads((world.folder / "truth" / "truth.json").read_bytes())["truth"]
    seen = {(one["datetime"], one["absolute_orbit"]) for one in listing}
    items = list_items(world, "sentinel-1-grd")
    assert {orbit for _, orbit in seen} == {i.properties["sat:absolute_orbit"] for i in items}
    for one in listing:
        assert one["tile"] == "31N_3_55"
        moment = datetime.fromisoformat(one["datetime"])
        own = [i for i in items if i.properties["sat:absolute_orbit"] == one["absolute_orbit"]]
        middle = sum((i.datetime - START).total_seconds() for i in own) / len(own)
        assert middle == pytest.approx((moment - START).total_seconds(), abs=0.01)
        truth = load(world.folder / "truth" / one["href"])
        assert np.array_equal(np.isnan(truth), landscape.water)
        assert np.nanmin(truth) >= np.float32(0.03)
        assert np.nanmax(truth) <= np.float32(0.45)


def test_elevation_fits_the_ground(world, landscape, area):
    item = list_items(world, "cop-dem-glo-30")[0]
    with rasterio.open(item.assets["data"].get_absolute_href()) as file:
        heights, affine = file.read(1), file.transform
    assert str(item.properties["proj:code"]) == "EPSG:4326"
    assert affine.a == pytest.approx(1 / 3600)
    block = area.block
    x, y = np.meshgrid(block.xs(), block.ys())
    lon, lat = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True).transform(x, y)
    rows, columns = (affine.f - lat) * 3600 - 0.5, (lon - affine.c) * 3600 - 0.5
    assert rows.min() > 2
    assert columns.max() < heights.shape[1] - 3
    served = map_coordinates(heights, [rows, columns], order=1)
    error = served - landscape.terrain.elevation
    assert abs(error.mean()) < 0.1
    assert error.std() < 0.05 * landscape.terrain.elevation.std() + 0.5


def test_same_numbers_same_bytes(world, tmp_path):
    simulate_world(tmp_path / "again", seed=3, size=160)
    assert hash_files(tmp_path / "again") == hash_files(world.folder)


def test_more_days_and_tiles_leave_the_rest_as_it_is(world, tmp_path):
    more = simulate_world(tmp_path / "more", tiles=2, days=16, seed=3, size=160)
    assert more.tiles == ("31N_3_55", "31N_4_55")
    assert more.radar_scenes == 2 * (world.radar_scenes + 1)
    before, after = hash_files(world.folder), hash_files(more.folder)
    indexes = {name for name in before if Path(name).name in ("collection.json", "truth.json")}
    indexes.add("catalog.json")
    assert {name: after[name] for name in before if name not in indexes} == {
        name: value for name, value in before.items() if name not in indexes
    }


def test_another_seed_is_another_world(area):
    assert not np.array_equal(draw_landscape(area, 1).ndvi, draw_landscape(area, 2).ndvi)
    first, second = list_areas(2, 160)
    assert not np.array_equal(draw_landscape(first, 1).ndvi, draw_landscape(second, 1).ndvi)


def test_an_old_world_is_replaced_and_anything_else_refused(tmp_path):
    out = tmp_path / "world"
    simulate_world(out, days=3, size=64)
    (out / "left-over").touch()
    simulate_world(out, days=5, size=64, seed=1)
    assert not (out / "left-over").exists()
    assert len(list((out / "sentinel-2-l2a").glob("S2*"))) == 2
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="other"):
        simulate_world(other, days=3, size=64)
    assert (other / "thesis.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "world"]


@pytest.mark.parametrize(
    "options, error",
    [
        ({"tiles": 0}, GridError),
        ({"size": 65}, GridError),
        ({"size": 20_000}, GridError),
        ({"days": 2}, ConfigError),
        ({"seed": -1}, ConfigError),
    ],
)
def test_impossible_numbers_are_refused(tmp_path, options, error):
    with pytest.raises(error):
        simulate_world(tmp_path / "world", **options)
    assert not list(tmp_path.iterdir())
