"""Tables with places, read by a reader that is not ours."""

from __future__ import annotations

import json

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet

from smmap.matchup.geoparquet import write_geoparquet

TABLE = pd.DataFrame({"station": ["a", "b"], "vv_db": np.array([-11.5, np.nan], np.float32)})
LONGITUDE, LATITUDE = np.array([5.25, -70.5]), np.array([51.5, -33.125])


def write(path, notes):
    write_geoparquet(path, TABLE, LONGITUDE, LATITUDE, notes)
    return path


def test_geopandas_reads_it(tmp_path):
    read = geopandas.read_parquet(write(tmp_path / "t.parquet", {}))
    assert read.crs.to_authority() == ("OGC", "CRS84")
    np.testing.assert_array_equal(read.geometry.x, LONGITUDE)
    np.testing.assert_array_equal(read.geometry.y, LATITUDE)
    pd.testing.assert_frame_equal(pd.DataFrame(read[["station", "vv_db"]]), TABLE)


def test_it_says_what_it_is_and_what_it_was_made_from(tmp_path):
    notes = {"recipe": {"name": "r"}, "digest": "abc"}
    metadata = pyarrow.parquet.read_schema(write(tmp_path / "t.parquet", notes)).metadata
    geo = json.loads(metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["bbox"] == [-70.5, -33.125, 5.25, 51.5]
    assert json.loads(metadata[b"smmap"]) == notes
    again = write(tmp_path / "again.parquet", dict(reversed(notes.items())))
    assert again.read_bytes() == (tmp_path / "t.parquet").read_bytes()
