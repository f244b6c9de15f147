"""Opens NetCDF and HDF5 files and Zarr stores by xarray, everything as it is stored."""

from __future__ import annotations

import base64
import os
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import xarray as xr

from smmap.spec.band import Reader, Signer
from smmap.spec.errors import CatalogError
from smmap.store.connect import CONNECT_S, GIVE_UP_S, REQUEST_S, RETRIES, connect
from smmap.store.network import check_online
from smmap.store.probe import is_object, is_web

TOKENS = {"earth-data-hub": "EARTH_DATA_HUB_TOKEN"}
"""Signer -> environment variable of a token, the password of HTTP's basic scheme."""
_CLASSIC = b"CDF"
"""First bytes of the classic NetCDF format."""


def open_xarray(path: str, group: str, reader: Reader, signer: Signer | None) -> xr.Dataset:
    """Nothing is read but what describes the variables; times are decoded, values are not.

    Raises
    ------
    CatalogError
        If a library that reads it is not installed, or a token is missing.
    OSError, ValueError, KeyError, obstore.exceptions.BaseError
        If it cannot be opened.
    """
    options: dict[str, Any] = {"mask_and_scale": False, "decode_timedelta": False, "chunks": None}
    dataset: xr.Dataset
    if reader == "zarr":
        store = _open_store(path, signer)
        try:
            dataset = xr.open_zarr(store, group=group or None, consolidated=True, **options)
        except ValueError:  # each array describes itself, and the store can be listed
            dataset = xr.open_zarr(store, group=group or None, consolidated=False, **options)
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


def _open_store(address: str, signer: Signer | None) -> Any:
    """What zarr reads from: a folder, or a store of obstore's."""
    import zarr

    if not is_object(address) and not is_web(address):
        if not Path(address).is_dir():
            raise FileNotFoundError(f"there is no folder {address}")
        return zarr.storage.LocalStore(address, read_only=True)
    from smmap.store.patient_store import PatientStore

    store = connect(address) if is_object(address) else _connect_web(address, signer)
    return PatientStore(zarr.storage.ObjectStore(store, read_only=True))


def _connect_web(address: str, signer: Signer | None) -> Any:
    import obstore

    check_online(address)
    options: Any = {
        "connect_timeout": f"{CONNECT_S} s",
        "timeout": f"{REQUEST_S} s",
        "allow_http": "true",
        "default_headers": _authorise(address, signer),
    }
    retries: Any = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=GIVE_UP_S)}
    return obstore.store.HTTPStore.from_url(address, client_options=options, retry_config=retries)


def _authorise(address: str, signer: Signer | None) -> dict[str, str]:
    variable = TOKENS.get(signer or "")
    if variable is None:
        return {}
    token = os.environ.get(variable)
    if not token:
        raise CatalogError(f"{address} wants a token: set the environment variable {variable}")
    word = base64.b64encode(f"edh:{token}".encode()).decode()
    return {"authorization": f"Basic {word}"}
