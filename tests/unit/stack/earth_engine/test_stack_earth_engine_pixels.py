"""Pixels of a server on loopback against the same pixels in a GeoTIFF."""

from __future__ import annotations

from dataclasses import replace

import earth_engine_server
import numpy as np
import pytest
from affine import Affine
from earth_engine_pixels import BLOCK, ZONE_32, draw_pixels
from earth_engine_world import PUBLIC, StubBand, StubImage
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from smmap.grid.earth_engine import SINUSOIDAL
from smmap.spec.band import Band
from smmap.spec.errors import SceneError
from smmap.stack import pieces
from smmap.stack.earth_engine import load_day, load_window
from smmap.stack.load_band import load_band
from smmap.stack.pieces import MOST_BYTES, MOST_SIDE, plan_pieces


def lay_around(crs, size):
    """A grid of 90 x 100 pixels with the block in its middle."""
    x, y = Transformer.from_crs("EPSG:32632", crs, always_xy=True).transform(600_350, 5_099_700)
    return crs, Affine(size, 0, x - 50 * size, 0, -size, y + 45 * size)


PLACES = {
    "the block's own pixels": ("EPSG:32632", ZONE_32),
    "a part of the block": ("EPSG:32632", Affine(10, 0, 600_200, 0, -10, 5_099_800)),
    "half a pixel off": ("EPSG:32632", Affine(10, 0, 599_985, 0, -10, 5_100_005)),
    "pixels of 20 m": ("EPSG:32632", Affine(20, 0, 599_940, 0, -20, 5_100_060)),
    "the next zone": lay_around("EPSG:32633", 10),
    "degrees": lay_around("EPSG:4326", 1e-4),
    "turned": ("EPSG:32632", Affine(8, 2, 599_900, 2, -8, 5_100_000)),
    "MODIS": lay_around(SINUSOIDAL, 20),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("resampling", ["bilinear", "nearest"])
def test_the_same_bits_as_from_a_file(make_band, write_tif, tmp_path, place, resampling):
    crs, transform = PLACES[place]
    pixels = draw_pixels()
    href = write_tif(
        tmp_path / "a.tif", pixels.filled(-9999), crs=crs, transform=transform, nodata=-9999
    )
    expected = load_band(Band("x", href, "dB", resampling=resampling), BLOCK)
    found = load_band(make_band(pixels, crs, transform, "dB", resampling=resampling), BLOCK)
    assert np.isfinite(expected.values).any()
    assert np.isnan(expected.values).any()
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.covered, expected.covered)


def test_scale_and_offset_are_applied_once_as_to_a_file(make_band, write_tif, tmp_path):
    pixels = draw_pixels(dtype=np.uint16, low=1, high=65_535)
    scaling = {"scale": 2.75e-5, "offset": -0.2}
    href = write_tif(tmp_path / "a.tif", pixels.filled(0), nodata=0)
    expected = load_band(Band("x", href, "1", **scaling), BLOCK).values
    found = load_band(make_band(pixels, **scaling), BLOCK).values
    np.testing.assert_array_equal(found, expected)
    first = 2.75e-5 * float(pixels[0, 0]) - 0.2
    assert found[0, 0] == pytest.approx(first, abs=1e-7)


def test_zero_is_a_value_and_masked_is_none(make_band):
    pixels = np.ma.masked_array(np.zeros((60, 70)), np.zeros((60, 70), bool))
    pixels[3, 4] = np.ma.masked
    found = load_band(make_band(pixels), BLOCK)
    assert np.isnan(found.values[3, 4])
    assert np.isnan(found.values).sum() == 1
    assert (found.values[~np.isnan(found.values)] == 0).all()
    assert found.covered.all()


def test_bits_come_through_as_they_are(make_band):
    pixels = np.ma.masked_array(np.arange(4200, dtype=np.uint16).reshape(60, 70) * 15)
    found = load_band(make_band(pixels, units="bits", resampling="nearest"), BLOCK)
    np.testing.assert_array_equal(found.values, pixels.data)


def test_nothing_is_asked_for_outside_the_image(make_band, server):
    far = Affine(10, 0, 900_000, 0, -10, 5_100_000)
    found = load_band(make_band(draw_pixels(), transform=far), BLOCK)
    assert np.isnan(found.values).all()
    assert not found.covered.any()
    assert server.grids == []


def test_blocks_give_the_bits_of_the_whole(make_band):
    band = make_band(draw_pixels(), *PLACES["the next zone"], "dB")
    whole = load_band(band, BLOCK).values
    for part in BLOCK.split(23):
        np.testing.assert_array_equal(
            load_band(band, part).values, whole[part.within(BLOCK)], err_msg=str(part)
        )


def test_the_request_is_for_the_images_own_pixels(make_band, server):
    band = make_band(draw_pixels(), *PLACES["MODIS"])
    load_window(band, band.crs, Affine(*band.transform), band.shape, (10, 30, 5, 60))
    (body,) = server.bodies
    assert body["grid"] == {
        "dimensions": {"width": 55, "height": 20},
        "affineTransform": {
            "scaleX": 20,
            "shearX": 0,
            "translateX": band.transform[2] + 5 * 20,
            "shearY": 0,
            "scaleY": -20,
            "translateY": band.transform[5] - 10 * 20,
        },
        "crsCode": "SR-ORG:6974",
    }
    assert (body["fileFormat"], body["workloadTag"]) == ("NPY", "smmap")


def test_a_system_without_a_code_is_told_in_words(make_band, server):
    albers = "+proj=aea +lat_1=30 +lat_2=60 +lon_0=10 +datum=WGS84"
    band = make_band(draw_pixels(), albers, Affine(10, 0, 0, 0, -10, 4_000_000))
    load_window(band, band.crs, Affine(*band.transform), band.shape, (0, 5, 0, 5))
    assert server.grids[0]["crsWkt"].startswith("PROJCS[")


def test_pieces_give_the_bits_of_one(make_band, server, monkeypatch):
    band = make_band(draw_pixels(), units="dB")
    whole = load_band(band, BLOCK).values
    assert len(server.grids) == 1
    monkeypatch.setattr(pieces, "MOST_BYTES", 4000)
    monkeypatch.setattr(pieces, "MOST_SIDE", 40)
    monkeypatch.setattr(earth_engine_server, "MOST_BYTES", 4000)
    monkeypatch.setattr(earth_engine_server, "MOST_SIDE", 40)
    np.testing.assert_array_equal(load_band(band, BLOCK).values, whole)
    assert len(server.grids) - 1 == 2 * 4  # 71 columns, 61 rows; 40 x 20 pixels of 5 bytes


@settings(deadline=None, max_examples=60)
@given(
    top=st.integers(0, 10**6),
    left=st.integers(0, 10**6),
    height=st.integers(1, 40_000),
    width=st.integers(1, 70_000),
    bytes_a_pixel=st.integers(1, 24 * 8),
)
def test_pieces_keep_the_limits_and_cover_each_pixel_once(top, left, height, width, bytes_a_pixel):
    window = (top, top + height, left, left + width)
    planned = plan_pieces(window, bytes_a_pixel)
    sizes = [(bottom - low, right - first) for low, bottom, first, right in planned]
    assert all(0 < rows <= MOST_SIDE and 0 < cols <= MOST_SIDE for rows, cols in sizes)
    assert all(rows * cols * bytes_a_pixel <= MOST_BYTES for rows, cols in sizes)
    assert sum(rows * cols for rows, cols in sizes) == height * width
    corners = {(low, first) for low, _, first, _ in planned}
    rows, cols = sorted({low for low, _ in corners}), sorted({first for _, first in corners})
    assert corners == {(low, first) for low in rows for first in cols}
    for low, bottom, first, right in planned:
        assert bottom == next((one for one in rows if one > low), window[1])
        assert right == next((one for one in cols if one > first), window[3])


def test_the_limits_are_those_that_google_states():
    assert (MOST_BYTES, MOST_SIDE) == (50_331_648, 32_768)


def test_bands_of_one_image_come_in_one_answer(make_band, server):
    """And are read anew when they are wanted anew."""
    first = draw_pixels()
    band = make_band(first)
    bands = server.images[0].bands
    for name in "YZ":
        bands[name] = StubBand(first * ord(name), *(bands["X"].crs, bands["X"].transform))
    family = [replace(band, variable=name, together=("X", "Y", "Z")) for name in "XYZ"]
    alone = [load_band(replace(one, together=()), BLOCK).values for one in family]
    server.grids.clear()
    for _ in range(2):
        for one, expected in zip(family, alone, strict=True):
            np.testing.assert_array_equal(load_band(one, BLOCK).values, expected)
    assert len(server.grids) == 2
    assert not np.array_equal(alone[0], alone[1])


def test_bands_that_come_together_keep_the_limit_together(make_band, server, monkeypatch):
    for module in (pieces, earth_engine_server):
        monkeypatch.setattr(module, "MOST_BYTES", 30_000)
    band = make_band(draw_pixels())
    server.images[0].bands |= {"Y": server.images[0].bands["X"]}
    load_band(replace(band, together=("X", "Y")), BLOCK)
    assert len(server.grids) == 2  # 61 x 71 pixels of twice 5 bytes


def test_a_band_that_is_gone_names_those_that_are_there(make_band, server):
    band = make_band(draw_pixels())
    server.images[0].bands = {"Y": server.images[0].bands["X"]}
    with pytest.raises(SceneError, match=r"'X' .* available bands are \[Y\]"):
        load_band(band, BLOCK)
    assert len(server.starts) == 1, "what is gone for good is asked for once"


def test_an_image_that_is_gone(make_band, server):
    band = make_band(draw_pixels())
    server.images.clear()
    with pytest.raises(SceneError, match=r"A/B/image.* not found"):
        load_band(band, BLOCK)


def test_an_image_without_a_grid_is_refused(make_band):
    band = Band("x", make_band(draw_pixels()).href, "1", reader="earth-engine", variable="X")
    with pytest.raises(SceneError, match="nothing says where the pixels"):
        load_band(band, BLOCK)


def test_a_window_beyond_the_image_is_refused(make_band):
    band = make_band(draw_pixels())
    with pytest.raises(SceneError, match=r"pixels .* are wanted of"):
        load_window(band, band.crs, ZONE_32, band.shape, (0, 91, 0, 5))


def test_a_day_of_hours_is_one_request(server):
    """Hours in order, also where one is missing; kelvin become degrees Celsius."""
    transform = Affine(0.1, 0, 9.95, 0, -0.1, 47.05)
    hours = [hour for hour in range(24) if hour != 5]
    for hour in [*hours[::-1], 24]:
        name = f"202304{1 + hour // 24:02d}T{hour % 24:02d}"
        start = f"2023-04-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z"
        pixels = np.ma.masked_array(np.full((30, 40), 273.15 + hour, np.float32))
        pixels[12, 20] = np.ma.masked
        bands = {"soil_temperature_level_1": StubBand(pixels, "EPSG:4326", transform)}
        server.images.append(StubImage(f"ECMWF/ERA5_LAND/HOURLY/{name}", bands, start=start))
    band = Band(
        "soil_temperature",
        f"{server.address}/v1/{PUBLIC}ECMWF/ERA5_LAND/HOURLY#2023-04-01",
        "degC",
        offset=-273.15,
        reader="earth-engine",
        variable="soil_temperature_level_1",
    )
    window = (10, 14, 18, 23)
    moments, values = load_day(band, "EPSG:4326", transform, (30, 40), window)
    assert [(one.day, one.hour, one.utcoffset().seconds) for one in moments] == [
        (1, hour, 0) for hour in hours
    ]
    assert values.shape == (23, 4, 5)
    assert np.isnan(values[:, 2, 2]).all()
    np.testing.assert_allclose(values[:, 0, 0], hours, atol=2e-5)
    assert len(server.grids) == 1
