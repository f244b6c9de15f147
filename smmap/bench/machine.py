"""On what the figures were taken."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from smmap.trees.kernels import list_kernels
from smmap.version import __version__

_LIBRARIES = (
    *("numpy", "onnxruntime", "xgboost-cpu", "torch", "scikit-learn"),
    *("odc-stac", "rasterio", "rioxarray", "zarr", "xarray", "distributed"),
)
_CPUINFO = Path("/proc/cpuinfo")


def describe_machine() -> list[str]:
    """Lines: when, processor, and versions of all that is measured."""
    found = [f"smmap {__version__}", f"Python {platform.python_version()}"]
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    kernels = f"tree kernels: {', '.join(list_kernels()) or 'not built'}"
    processors = f"{_name_processor()}, {os.cpu_count()} processors"
    return [f"{when}, {processors}, {kernels}", ", ".join(found)]


def _name_processor() -> str:
    if _CPUINFO.is_file():
        for line in _CPUINFO.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
