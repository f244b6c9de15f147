"""Opens NetCDF and HDF5 files and Zarr stores by xarray, everything as it is stored."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smmap.spec.band import Reader, Signer
from smmap.spec.errors import CatalogError, SceneError
from smmap.store.address import is_object, is_web

if TYPE_CHECKING:
    import xarray as xr

_CLASSIC = b"CDF"
"""First bytes of the classic NetCDF format."""


def open_xarray(
    path: str,
    group: str,
    reader: Reader,
    signer: Signer | None = None,
    requests_per_second: float | None = None,
) -> xr.Dataset:
    """Nothing is read but what describes the variables; times are decoded, values are not.

    Parameters
    ----------
    path
        Of a file or store, or a store's address.
    group
        Of its variables; empty: the root.
    reader, signer, requests_per_second
        As of `open_cube`.

    Raises
    ------
    CatalogError
        If a library that reads it is not installed, or a token is missing.
    OSError, ValueError, KeyError, SceneError
        If it cannot be opened; of a remote archive also, if it has no consolidated metadata.
    TransientError
        If it cannot be had at the moment.
    """
    import xarray as xr

    options: dict[str, Any] = {"mask_and_scale": False, "decode_timedelta": False, "chunks": None}
    dataset: xr.Dataset
    if reader == "zarr":
        store, reason = _open_store(path, signer, requests_per_second), ""
        try:
            dataset = xr.open_zarr(store, group=group or None, consolidated=True, **options)
        except ValueError:
            if is_object(path) or is_web(path):
                reason = f"{path} cannot be read: it has no consolidated metadata, or is no archive"
            else:  # a folder can be listed: each array describes itself
                dataset = xr.open_zarr(store, group=group or None, consolidated=False, **options)
        if reason:
            raise SceneError(
                f"{reason}; a remote archive cannot be listed: make it one with "
                "zarr.consolidate_metadata, or correct the address"
            )
    else:
        dataset = xr.open_dataset(path, group=group or None, **_choose_engine(path), **options)
    dataset.encoding["source"] = path
    return dataset


def _choose_engine(path: str) -> dict[str, Any]:
    with Path(path).open("rb") as file:
        if file.read(len(_CLASSIC)) == _CLASSIC:
            return {"engine": "scipy"}
    if find_spec("h5netcdf") is None:
        raise CatalogError(
            f"{path} is NetCDF 4 or HDF5: install the extra with pip install 'smmap[netcdf]'"
        )
    # Files that are HDF5 without being NetCDF, such as SMAP's, name no axes.
    return {"engine": "h5netcdf", "phony_dims": "access"}


def _open_store(address: str, signer: Signer | None, requests_per_second: float | None) -> Any:
    """What zarr reads from: a folder, or files on a server."""
    import zarr

    if is_object(address) or is_web(address):
        from smmap.store.remote_zarr import RemoteZarr

        return RemoteZarr(address, signer, requests_per_second)
    if not Path(address).is_dir():
        raise FileNotFoundError(f"there is no folder {address}")
    return zarr.storage.LocalStore(address, read_only=True)
