"""``smmap doctor``: versions, devices, credentials by name, disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from smmap.cli.options import Json

_LIBRARIES = (
    "numpy", "scipy", "xarray", "zarr", "dask", "rasterio", "pyproj", "odc-geo", "pystac",
    "pystac-client", "onnxruntime", "onnxruntime-gpu", "pydantic", "torch", "onnx",
    "planetary-computer", "earthengine-api", "h5netcdf",
)  # fmt: skip


def doctor(
    *,
    folder: Annotated[Path, typer.Option("--out", "-o", help="Where an output would go.")] = Path(),
    as_json: Json = False,
) -> None:
    """Show what this machine has; nothing is changed and nothing is sent."""
    findings = examine(folder)
    if as_json:
        typer.echo(json.dumps(findings, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("what", "found", box=None, header_style="dim")
    for group, values in findings.items():
        for key, value in values.items():
            table.add_row(f"{group}: {key}", str(value))
    Console().print(table)


def examine(folder: Path) -> dict[str, dict[str, Any]]:
    """Versions, devices, credentials (by name only) and free disk, as plain data."""
    import os
    import platform
    import shutil
    from importlib.metadata import PackageNotFoundError, version

    import onnxruntime
    import rasterio
    from rasterio.drivers import raster_driver_extensions

    from smmap.catalog.definitions import list_definitions, load_definition
    from smmap.store.earth_engine_login import KEY
    from smmap.version import __version__

    def find(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "not installed"

    definitions = [load_definition(name) for name in list_definitions()]
    credentials = sorted({KEY, *(one.credential for one in definitions if one.credential)})
    there = next(one for one in (folder, *folder.absolute().parents) if one.is_dir())
    return {
        "smmap": {"version": __version__, "python": platform.python_version()},
        "library": {name: find(name) for name in _LIBRARIES},
        "gdal": {
            "version": rasterio.__gdal_version__,
            "GeoTIFF": "tif" in raster_driver_extensions(),
        },
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "onnx_providers": ", ".join(onnxruntime.get_available_providers()),
        },
        "credential": {name: "set" if os.environ.get(name) else "not set" for name in credentials},
        "disk": {
            str(there.resolve()): f"{shutil.disk_usage(there).free / 1e9:.1f} GB free",
            "writable": os.access(there, os.W_OK),
        },
    }
