"""Has rasterio find its openers and their open files in every thread."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

_NAMES = ("_OPENER_REGISTRY", "_OPEN_FILE_EXIT_STACKS")
_SHARED: dict[str, dict[Any, Any]] = {name: {} for name in _NAMES}


def share_openers() -> None:
    """Before a raster with an opener is opened, read or closed in this context.

    rasterio keeps both in context variables, which it sets where it happens to be imported. A
    raster that one thread opened and another reads would lose the file beneath it together with
    the first one's context: GDAL then reads memory that is something else by now.
    """
    from rasterio import _vsiopener

    for name in _NAMES:
        kept: Any = getattr(_vsiopener, name, None)
        if isinstance(kept, ContextVar) and kept.get(None) is not _SHARED[name]:
            kept.set(_SHARED[name])
