"""Coarse sources that are pictures, from their catalogues to pixels of a tile.

Written as the providers' documentation says that theirs are; nobody's real file is among them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pystac
import pytest
import rasterio
from affine import Affine
from loaded_fields import (
    MOMENT,
    SINUSOIDAL,
    TILE,
    compute_plane,
    find_lonlat,
    load_field,
    read_join,
)
from pyproj import Transformer

from smmap.catalog.definitions import load_definition
from smmap.pipeline.scenes import resolve_scene
from smmap.spec.tile import Block
from smmap.stack.fields import FieldBlock

DAYS = read_join(rule="nearest", days_before=10, days_after=10)


def write_raster(path, values, transform, crs):
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype=values.dtype, crs=crs, transform=transform,
        height=values.shape[0], width=values.shape[1],
    ) as file:  # fmt: skip
        file.write(values, 1)


def test_soil_in_the_interrupted_homolosine(tmp_path):
    crs = "+proj=igh +lon_0=0 +datum=WGS84 +units=m +no_defs"
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform([9.8, 11.5], [49.3, 50.7])
    left, top = np.floor(x[0] / 250) * 250 - 20_000, np.ceil(y[1] / 250) * 250 + 20_000
    rows, cols = int((top - y[0]) / 250) + 100, int((x[1] - left) / 250) + 100
    place = Affine(250, 0, left, 0, -250, top)
    ys, xs = np.mgrid[top - 125 : top - 250 * rows : -250, left + 125 : left + 250 * cols : 250]
    lon, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(xs, ys)
    plane = compute_plane(lon, lat)
    for name, scale in (("sand", 1000), ("clay", 500), ("silt", 200), ("bdod", 300)):
        stored = np.round(plane * scale * 4).astype(np.int16)
        write_raster(tmp_path / f"{name}_0-5cm_mean.tif", stored, place, crs)
    truth = compute_plane(*find_lonlat()) * 4
    for band, factor in (("sand", 100), ("clay", 50), ("silt", 20), ("bulk_density", 3)):
        field, _ = load_field("soilgrids", tmp_path, band, None)
        np.testing.assert_allclose(field, truth * factor, rtol=4e-3, err_msg=band)  # whole g/kg


def make_modis(name, level, low_quality):
    """Stored values of each asset of one composite; half of the pixels are of low quality."""
    if "lai" in name:
        values = {"Lai_500m": np.full((150, 200), level * 10, np.uint8)}
        flags = {"FparLai_QC": np.zeros((150, 200), np.uint8)}
        flags["FparLai_QC"][:, ::2], bad = low_quality, 255
    else:
        size = 250 if "250" in name else 500
        values = {
            f"{size}m_16_days_{index}": np.full((150, 200), level * 10_000, np.int16)
            for index in ("NDVI", "EVI")
        }
        key = f"{size}m_16_days_pixel_reliability"
        flags = {key: np.zeros((150, 200), np.int8)}
        flags[key][:, ::2], bad = low_quality, -3000
    for one in values.values():
        one[:, ::2] = one[:, ::2] // 2
        one[::9] = bad
    return {**values, **flags}


MODIS = [
    ("modis-lai", "MCD15A3H", "lai", 3.2, 463.312716527778, 4, (1, 97)),
    ("modis-vegetation", "MOD13A1", "ndvi", 0.5, 463.312716527778, 16, (2, 3)),
    ("modis-vegetation", "MYD13A1", "evi", 0.25, 463.312716527778, 16, (2, 3)),
    ("modis-vegetation-250m", "MOD13Q1", "ndvi", 0.5, 231.656358263889, 16, (3, 2)),
]


@pytest.mark.parametrize("name, product, band, level, size, days, bad", MODIS)
def test_modis_of_good_quality(tmp_path, name, product, band, level, size, days, bad):
    x, y = Transformer.from_crs(4326, SINUSOIDAL, always_xy=True).transform(10.4, 50.2)
    place = Affine(size, 0, round(x / size) * size, 0, -size, round(y / size) * size)
    items = []
    for doy, low_quality in zip((121, 125), bad, strict=True):
        start = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=doy - 1)
        end = start + timedelta(days=days, seconds=-1)
        assets = {}
        for asset, stored in make_modis(name, level, low_quality).items():
            sep = "_" if asset[0] in "LF" else "__"
            file = tmp_path / f"{product}.061{sep}{asset}_doy2023{doy}000000_aid0001.tif"
            write_raster(file, stored, place, SINUSOIDAL)
            assets[asset] = {"href": str(file)}
        # As of the Planetary Computer: no datetime, and the map only as proj:wkt2 of the assets.
        properties = {"datetime": None, "start_datetime": f"{start:%Y-%m-%dT%H:%M:%SZ}"}
        properties["end_datetime"] = f"{end:%Y-%m-%dT%H:%M:%SZ}"
        items.append(
            pystac.Item.from_dict(
                {
                    "type": "Feature", "stac_version": "1.0.0", "links": [], "assets": assets,
                    "id": f"{product}.A2023{doy}.h18v03.061.2023140000000",
                    "bbox": [10.0, 49.0, 12.0, 51.0], "properties": properties,
                    "geometry": {"type": "Polygon", "coordinates": [
                        [[10, 49], [12, 49], [12, 51], [10, 51], [10, 49]]]},
                }
            )
        )  # fmt: skip
    files, scenes = load_field(f"files-{name}", tmp_path, band, DAYS)
    definition = load_definition(f"planetary-computer-{name}").model_copy(update={"sign": None})
    served = [resolve_scene(item, definition, [band]) for item in items]
    stac = FieldBlock(Block.whole(TILE)).load(served, band, DAYS, MOMENT)
    assert [one.datetime for one in scenes] == [one.datetime for one in served]
    np.testing.assert_array_equal(stac, files)
    seen = files[np.isfinite(files)]
    assert seen.size > 50
    np.testing.assert_allclose(seen, level, rtol=1e-6)  # never the half of it
