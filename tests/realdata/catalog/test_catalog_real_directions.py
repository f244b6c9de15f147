"""Hundreds of real radar products: none is accused, and each is found out when turned around."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import shapely

from smmap.catalog.pass_direction import find_contradiction

pytestmark = pytest.mark.realdata

OTHER = {"ascending": "descending", "descending": "ascending"}


def test_real_products(shared_data):
    """Of the Copernicus Data Space's search: by each of the three marks alone."""
    count = 0
    for path in sorted((shared_data / "stac-items" / "cdse_opensearch").glob("*.json")):
        for one in json.loads(path.read_text())["features"]:
            facts, shape = one["properties"], shapely.geometry.shape(one["geometry"])
            start = datetime.fromisoformat(facts["startDate"])
            nominal = start.replace(minute=0, second=0, microsecond=0)
            state, orbit = facts["orbitDirection"].lower(), facts["relativeOrbitNumber"]
            marks = [(start, shape.envelope, None), (nominal, shape, None)]
            marks.append((nominal, shape.centroid.buffer(0.01), orbit))
            for mark in marks:
                assert find_contradiction("sentinel-1a", state, *mark) is None
                assert find_contradiction("sentinel-1a", OTHER[state], *mark) is not None
            late = start + timedelta(hours=12)
            assert find_contradiction("sentinel-1a", state, late, shape.envelope) is not None
            count += 1
    assert count > 400
