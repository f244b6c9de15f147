"""Writes cloud-optimised GeoTIFFs as a provider would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rasterio
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

BLOCK = 512
"""Side of an internal tile, pixels."""


def write_cog(
    path: Path, values: NDArray[Any], geobox: GeoBox, nodata: float, scale: float | None = None
) -> None:
    """Write one band, deflated; overviews take the nearest pixel of classes, else the average.

    ``scale``, where it is given, is told to readers; ``values`` are those that are stored.
    """
    how = "NEAREST" if values.dtype == "uint8" else "AVERAGE"
    options = {"predictor": "YES", "blocksize": BLOCK, "overview_resampling": how}
    _write(path, values, geobox, nodata, scale, driver="COG", **options)


def write_raster(path: Path, values: NDArray[Any], geobox: GeoBox, nodata: float) -> None:
    """Write one band as an ordinary GeoTIFF, deflated: small files of which there are many."""
    _write(path, values, geobox, nodata, driver="GTiff")


def _write(
    path: Path,
    values: NDArray[Any],
    geobox: GeoBox,
    nodata: float,
    scale: float | None = None,
    **options: Any,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        crs=str(geobox.crs),
        transform=geobox.affine,
        nodata=nodata,
        compress="DEFLATE",
        **options,
    ) as target:
        target.write(values, 1)
        if scale is not None:
            target.scales = (scale,)
