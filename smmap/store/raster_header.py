"""Where the pixels of a raster of this machine lie."""

from __future__ import annotations

from dataclasses import dataclass

from affine import Affine

from smmap.grid.reproject import get_transformer
from smmap.spec.errors import SceneError
from smmap.store.gdal import open_environment


@dataclass(frozen=True)
class RasterHeader:
    """What a file says of its grid."""

    crs: str
    """Coordinate system."""
    transform: Affine
    """From column and row to coordinates."""
    shape: tuple[int, int]
    """Rows and columns."""


def read_raster_header(path: str) -> RasterHeader:
    """Open a file, look, close it.

    Raises
    ------
    SceneError
        If it is no raster, or lies nowhere on Earth.
    """
    import rasterio
    from pyproj.exceptions import ProjError
    from rasterio.errors import RasterioError

    try:
        with open_environment(), rasterio.open(path) as file:
            crs = file.crs and file.crs.to_string()
            found = RasterHeader(str(crs), file.transform, file.shape)
            if crs:
                get_transformer(str(crs), "OGC:CRS84")
    except (RasterioError, ProjError, UnicodeDecodeError) as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        if crs and not found.transform.is_degenerate:
            return found
        reason = "its pixels have no size" if crs else "it has no coordinate system"
    raise SceneError(f"{path} cannot be used ({reason}); replace it or leave it out")
