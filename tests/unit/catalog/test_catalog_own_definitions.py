"""The page on sources of one's own: its definitions load and read what it says they read."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from affine import Affine

from smmap.catalog.bands import resolve_bands
from smmap.catalog.definitions import list_definitions, load_definition
from smmap.catalog.files import FilesCatalog

PAGE = (Path(__file__).parents[3] / "docs" / "definitions.md").read_text()
WORLD = (-180.0, -90.0, 180.0, 90.0)


@pytest.fixture
def load(tmp_path):
    def find(name):
        (text,) = (one for one in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if name in one)
        path = tmp_path / f"{name}.yaml"
        path.write_text(text)
        return load_definition(str(path))

    return find


def test_a_folder_of_files(load, tmp_path):
    definition = load("my-soil")
    for name in re.findall(r"(\w+_poland\.tif)", PAGE):
        with rasterio.open(
            tmp_path / name, "w", driver="GTiff", width=4, height=3, count=1, dtype="int16",
            crs="EPSG:2180", transform=Affine(250, 0, 500_000, 0, -250, 500_000),
        ) as file:  # fmt: skip
            file.write(np.full((3, 4), 215, np.int16), 1)
    (found,) = FilesCatalog(str(tmp_path)).search(definition, WORLD, None)
    bands = resolve_bands(found, definition, ["sand", "clay"])
    assert bands["sand"].href.endswith("sand_poland.tif")
    assert bands["clay"].scale * 215 == pytest.approx(21.5)


def test_a_stac_api(load):
    definition = load("my-sentinel-2")
    item = pystac.Item.from_dict(
        {
            "type": "Feature", "stac_version": "1.0.0", "id": "a", "collection": "s2_l2a",
            "geometry": {"type": "Point", "coordinates": [20, 52]}, "bbox": [20, 52, 20, 52],
            "properties": {"datetime": "2023-05-01T10:00:00Z", "s2:processing_baseline": "05.09"},
            "links": [],
            "assets": {key: {"href": f"/x/{key}.tif"} for key in ("B04", "B08", "SCL")},
        }
    )  # fmt: skip
    red = resolve_bands(item, definition, ["red", "nir", "scl"])["red"]
    assert (red.href, red.scale, red.offset) == ("/x/B04.tif", pytest.approx(1e-4), -0.1)


def test_every_band_is_told_with_its_sensor():
    rows = {
        sensor: line
        for line in PAGE.splitlines()
        if line.startswith("| `")
        for sensor in re.findall(r"`([\w-]+)`", line.split("|")[1])
    }
    for name in list_definitions():
        definition = load_definition(name)
        judged = {one.band for one in definition.valid} | {"quality"}
        for band, one in definition.bands.items():
            if band not in judged or definition.sensor in ("sentinel-2", "landsat"):
                assert f"`{band}`" in rows[definition.sensor], (name, band)
                assert one.units in rows[definition.sensor], (name, band)
