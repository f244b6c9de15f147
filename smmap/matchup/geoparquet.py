"""A table with a place in every row as a GeoParquet file, version 1.1."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from smmap.store.atomic import write_atomic

GEOMETRY = "geometry"
NOTES = "smmap"
"""Key of our own notes in the file's metadata: JSON."""


def write_geoparquet(
    path: Path,
    table: pd.DataFrame,
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    notes: Mapping[str, Any],
) -> None:
    """Write a table, whole or not at all; the same table gives the same bytes.

    Parameters
    ----------
    path
        Replaced if it is there.
    table
        All but the column ``geometry``.
    longitude, latitude
        (rows,) degrees of WGS 84.
    notes
        What the table was made from; under the key ``smmap`` of the file's metadata.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    points = shapely.to_wkb(shapely.points(longitude, latitude))
    content = pa.Table.from_pandas(table, preserve_index=False)
    content = content.append_column(GEOMETRY, pa.array(points, pa.binary()))
    box = [longitude.min(), latitude.min(), longitude.max(), latitude.max()]
    column = {
        "encoding": "WKB",
        "geometry_types": ["Point"],  # no crs: OGC:CRS84, longitude before latitude
        "bbox": [float(one) for one in box],
    }
    geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    added = {"geo": json.dumps(geo), NOTES: json.dumps(notes, sort_keys=True)}
    content = content.replace_schema_metadata({**(content.schema.metadata or {}), **added})
    buffer = io.BytesIO()
    pq.write_table(content, buffer, compression="zstd")
    write_atomic(path, buffer.getvalue())
