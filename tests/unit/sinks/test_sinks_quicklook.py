"""Pictures, their colours, and the styles that share them."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from smmap.product.layers import SM
from smmap.product.packing import pack
from smmap.sinks.qml import compute_quality_style, compute_sm_style
from smmap.sinks.quicklook import write_quicklook
from smmap.sinks.ramp import RAMP, SM_LIMITS, compute_rgba, compute_stops
from smmap.spec.quality import Quality


def to_lightness(colour):
    """CIELAB L* of an sRGB colour (IEC 61966-2-1, CIE 15)."""
    encoded = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126729, 0.7151522, 0.0721750]
    return 116 * y ** (1 / 3) - 16


def test_lightness_falls_in_even_steps():
    steps = np.diff([to_lightness(colour) for colour in RAMP])
    assert np.all(np.abs(steps + 12) < 1.5)


def test_stops_and_beyond():
    values = np.array([[value for value, _ in compute_stops()] + [-0.1, 0.9]])
    rgba = compute_rgba(values)
    shown = ["#" + bytes(pixel[:3]).hex() for pixel in rgba[0]]
    assert shown == [*RAMP, RAMP[0], RAMP[-1]]
    assert np.all(rgba[..., 3] == 255)


def test_nodata_is_transparent():
    rgba = compute_rgba(np.array([[np.nan, 0.2]]))
    assert rgba[0, 0].tolist() == [0, 0, 0, 0]
    assert rgba[0, 1, 3] == 255


@given(st.integers(1, 40), st.integers(1, 40))
def test_colours_depend_on_the_value_alone(row, col):
    values = np.linspace(-0.1, 0.7, 1600).reshape(40, 40)
    assert np.array_equal(compute_rgba(values)[:row, :col], compute_rgba(values[:row, :col]))


@pytest.mark.parametrize(
    "shape, expected",
    [
        ((512, 100), (512, 100)),
        ((513, 100), (257, 50)),
        ((1024, 1025), (342, 342)),
        ((1, 1), (1, 1)),
        ((3, 5000), (1, 500)),
    ],
)
def test_size(tmp_path, shape, expected):
    write_quicklook(tmp_path / "q.png", np.full(shape, 1000, np.int16))
    assert imread(tmp_path / "q.png").shape == (*expected, 4)


def test_pixels_average_what_is_valid(tmp_path):
    values = np.full((1024, 1024), np.nan)
    values[0, 0], values[1, 1] = 0.1, 0.3
    write_quicklook(tmp_path / "q.png", pack(values, SM))
    picture = np.rint(imread(tmp_path / "q.png") * 255)
    assert picture[0, 0, :3].tolist() == list(bytes.fromhex(RAMP[2][1:]))
    assert picture[..., 3].sum() == 255


def test_no_time_and_no_version_inside(tmp_path):
    write_quicklook(tmp_path / "q.png", np.full((5, 5), 1000, np.int16))
    data = (tmp_path / "q.png").read_bytes()
    assert b"tIME" not in data
    assert b"atplotlib" not in data


def test_sm_style_is_the_ramp_over_physical_values():
    root = ET.fromstring(compute_sm_style())
    renderer = root.find("pipe/rasterrenderer")
    assert renderer.get("type") == "singlebandpseudocolor"
    assert renderer.get("band") == "1"
    shader = renderer.find("rastershader/colorrampshader")
    assert shader.get("colorRampType") == "INTERPOLATED"
    items = [(float(item.get("value")), item.get("color")) for item in shader.findall("item")]
    assert items == compute_stops()
    assert (items[0][0], items[-1][0]) == SM_LIMITS
    assert (renderer.get("classificationMin"), renderer.get("classificationMax")) == ("0", "0.5")


def test_quality_style_shows_the_highest_bit():
    root = ET.fromstring(compute_quality_style())
    items = root.findall("pipe/rasterrenderer/rastershader/colorrampshader/item")
    limits = [float(item.get("value")) for item in items]
    assert limits == sorted(limits)
    assert len({item.get("color") for item in items}) == len(Quality) + 1

    def show(value):
        """As QGIS does it with discrete classes: the first limit that is not exceeded."""
        return next(
            item.get("label") for item, top in zip(items, limits, strict=True) if value <= top
        )

    assert show(0) == "good"
    for bit in Quality:
        label = bit.name.lower().replace("_", " ")
        assert show(int(bit)) == label
        assert show(2 * int(bit) - 1) == label
