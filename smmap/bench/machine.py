"""On what the figures were taken."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from smmap.trees.kernels import list_kernels
from smmap.trees.processors import count_processors
from smmap.version import __version__

_LIBRARIES = (
    *("numpy", "onnxruntime", "xgboost-cpu", "torch", "scikit-learn"),
    *("odc-stac", "rasterio", "rioxarray", "zarr", "xarray", "distributed"),
)
_OTHER_NAMES = {"onnxruntime": "onnxruntime-gpu", "xgboost-cpu": "xgboost"}
"""Under which the same library may be installed."""
_CPUINFO = Path("/proc/cpuinfo")


def describe_machine() -> list[str]:
    """Lines: when, processor, and versions of all that is measured."""
    found = [f"smmap {__version__}", f"Python {platform.python_version()}"]
    found += [_describe_library(name) for name in _LIBRARIES]
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    kernels = f"tree kernels: {', '.join(list_kernels()) or 'not built'}"
    processors = f"{_name_processor()}, {count_processors()} processors"
    return [f"{when}, {processors}, {kernels}", ", ".join(found)]


def _describe_library(name: str) -> str:
    for known in (name, _OTHER_NAMES.get(name, name)):
        try:
            return f"{known} {version(known)}"
        except PackageNotFoundError:
            continue
    return f"{name} not installed"


def _name_processor() -> str:
    if _CPUINFO.is_file():
        for line in _CPUINFO.read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
