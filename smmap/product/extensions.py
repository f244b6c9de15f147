"""STAC extensions, by the prefix of their fields."""

from __future__ import annotations

from collections.abc import Iterable

EXTENSIONS = {
    "file": "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "mlm": "https://stac-extensions.github.io/mlm/v1.5.2/schema.json",
    "processing": "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
    "proj": "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "raster": "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "sar": "https://stac-extensions.github.io/sar/v1.3.0/schema.json",
    "sat": "https://stac-extensions.github.io/sat/v1.2.0/schema.json",
    "view": "https://stac-extensions.github.io/view/v1.1.0/schema.json",
}


def find_extensions(fields: Iterable[str]) -> list[str]:
    """Addresses of the extensions whose fields are used, sorted."""
    prefixes = {name.partition(":")[0] for name in fields if ":" in name}
    return sorted(EXTENSIONS[prefix] for prefix in prefixes & EXTENSIONS.keys())
