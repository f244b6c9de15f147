"""The daily level's STAC, against the schemas of all extensions that it uses."""

from __future__ import annotations

from datetime import UTC, datetime

import pystac
import pytest
from small_output import SmallOutput

from smmap.grid.utm import UtmGrid
from smmap.mosaic.plan import Asked
from smmap.mosaic.run import make_mosaic
from smmap.spec.tile import Block


@pytest.mark.realdata
def test_everything_validates_with_its_extensions(tmp_path, validate_all):
    output = SmallOutput(tmp_path / "out")
    tile = UtmGrid("utm-100m", 100).get_tile(31, "N", 6, 55)
    moment = datetime(2023, 6, 1, 5, 40, tzinfo=UTC)
    output.put(tile, moment, area=Block(tile.geobox, 0, 0, 200, 200))
    make_mosaic(output.root, Asked(grid="geo-0.01deg"))
    catalog = pystac.Catalog.from_file(str(output.root / "catalog.json"))
    (level,) = catalog.get_children()
    (series,) = level.get_children()
    (item,) = series.get_items(recursive=True)
    for one in (level, series, item):
        validate_all(one)
    assert {link.rel for link in item.links} >= {"root", "parent", "collection", "derived_from"}
    assert item.get_parent().get_parent().id == series.id == item.collection_id
