"""Opens variables of NetCDF and HDF5 files and Zarr stores: finds their axes, place and times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from smmap.grid.cells import compute_transform
from smmap.spec.band import Reader, Signer
from smmap.spec.errors import SceneError
from smmap.store.address import to_path
from smmap.store.axes import find_axes, find_meaning
from smmap.store.cube import Cube, is_remote, reading
from smmap.store.expver import EXPVER, find_versions, read_versions
from smmap.store.open_xarray import open_xarray
from smmap.store.retry import retry

if TYPE_CHECKING:
    import xarray as xr

_TIMES = ("valid_time", "time")
_KNOWN = {
    # EASE-Grid 2.0 global, 9 km (Brodzik et al. 2012, DOI 10.3390/ijgi1010032): SMAP's files
    # hold it without coordinates along its axes.
    (1624, 3856): (
        "EPSG:6933",
        Affine(9008.055210146, 0, -17367530.4451615, 0, -9008.055210146, 7314540.8306386),
    )
}


def open_cubes(
    href: str,
    variables: Iterable[str],
    reader: Reader,
    signer: Signer | None = None,
    requests_per_second: float | None = None,
) -> dict[str, Cube]:
    """Those of the variables that a file or store has, opened for a look; errors as `open_cube`."""
    path, found = to_path(href), dict[str, Cube]()
    groups: dict[str, list[str]] = defaultdict(list)
    for variable in variables:
        groups[variable.rpartition("/")[0]].append(variable)
    for group, names in groups.items():
        try:
            dataset = _open_dataset(path, group, reader, signer, requests_per_second)
        except SceneError:
            if not group or not Path(path).exists():
                raise
            continue  # it has no such group
        found |= {
            name: _read_cube(dataset, name, path)
            for name in names
            if name.rpartition("/")[2] in dataset
        }
    return found


def open_cube(
    href: str,
    variable: str,
    reader: Reader,
    signer: Signer | None = None,
    requests_per_second: float | None = None,
) -> Cube:
    """Open a variable; kept open for the next one who asks, until `forget_cubes`.

    Parameters
    ----------
    href
        Path of a file or store, or address of a Zarr store.
    variable
        Its name, with its group: ``Soil_Moisture_Retrieval_Data_AM/soil_moisture``.
    reader
        ``netcdf`` or ``zarr``.
    signer
        As of `smmap.store.signing.sign_href`.
    requests_per_second
        What the server of a remote store allows; None: no bound is known.

    Raises
    ------
    SceneError
        If it is not there, is damaged, or is none of these.
    TransientError
        If a remote store does not answer, after several attempts.
    """
    path = to_path(href)
    mark = None if is_remote(path) else _mark(path)
    return _open(path, variable, reader, signer, requests_per_second=requests_per_second, mark=mark)


def forget_cubes() -> None:
    """Open everything anew from now on: a remote store that has grown does not say so."""
    _open.cache_clear()


def _mark(path: str) -> tuple[int, int]:
    """What changes when a file is replaced."""
    try:
        state = Path(path).stat()
    except OSError as error:
        reason = str(error)
    else:
        return state.st_mtime_ns, state.st_size
    raise SceneError(f"{path} cannot be read ({reason}); correct the catalogue's address")


@lru_cache(maxsize=32)  # so many files stay open
def _open(
    path: str,
    variable: str,
    reader: Reader,
    signer: Signer | None,
    *,
    requests_per_second: float | None,
    mark: tuple[int, int] | None,  # noqa: ARG001 (another file is another entry)
) -> Cube:
    dataset = _open_dataset(path, variable.rpartition("/")[0], reader, signer, requests_per_second)
    if variable.rpartition("/")[2] not in dataset:
        raise SceneError(
            f"{path} has no variable '{variable}'; it has "
            f"{', '.join(str(one) for one in dataset.data_vars) or 'none'}"
        )
    return _read_cube(dataset, variable, path)


def _open_dataset(
    path: str,
    group: str,
    reader: Reader,
    signer: Signer | None,
    requests_per_second: float | None,
) -> xr.Dataset:
    def attempt() -> xr.Dataset:
        with reading(path, "its header"):
            return open_xarray(path, group, reader, signer, requests_per_second)

    return retry(attempt)


def _read_cube(dataset: xr.Dataset, variable: str, path: str) -> Cube:
    try:
        with reading(path, f"variable '{variable}'"):
            return _build(dataset[variable.rpartition("/")[2]], dataset)
    except SceneError as error:
        reason = str(error)
    raise SceneError(f"{path}: '{variable}' {reason}")


def _build(array: xr.DataArray, dataset: xr.Dataset) -> Cube:
    dims = [str(one) for one in array.dims]
    time = next((one for one in _TIMES if one in dims), None)
    array = array.squeeze([one for one in dims if array.sizes[one] == 1 and one != time], drop=True)
    rest = [str(one) for one in array.dims if one not in (time, EXPVER)]
    if len(rest) != 2:
        raise SceneError(f"has the axes {dims}; time, y and x are wanted")
    ys, xs = find_axes(rest, dataset)
    if ys in dataset.variables and xs in dataset.variables:
        crs = _find_crs(array, dataset, ys)
        axes = [dataset[one].to_numpy().astype(np.float64) for one in (xs, ys)]
        transform = compute_transform(axes[0], axes[1], crs)
    elif (array.sizes[ys], array.sizes[xs]) in _KNOWN:
        crs, transform = _KNOWN[array.sizes[ys], array.sizes[xs]]
    else:
        raise SceneError(f"has no coordinates along {rest}; write them into the file")
    if EXPVER in array.dims:
        array = array.assign_coords({EXPVER: read_versions(dataset)}).sortby(EXPVER)
    times = _read_times(dataset, time)
    order = [one for one in (time, EXPVER, ys, xs) if one in array.dims]
    array = array.transpose(*order)
    if time is None:
        array = array.expand_dims("time")
    versions = None if times is None else find_versions(array, dataset, len(times))
    return Cube(array, str(dataset.encoding["source"]), crs, transform, times, versions)


def _find_crs(array: xr.DataArray, dataset: xr.Dataset, rows: str) -> str:
    mapping = array.attrs.get("grid_mapping", array.encoding.get("grid_mapping"))
    attributes = dataset[mapping].attrs if mapping in dataset.variables else {}
    for key in ("crs_wkt", "spatial_ref"):
        if attributes.get(key):
            return str(attributes[key])
    if find_meaning(rows, dataset) != "latitude":
        raise SceneError("has axes x and y without a grid mapping that says crs_wkt")
    return "EPSG:4326"


def _read_times(dataset: xr.Dataset, time: str | None) -> NDArray[np.datetime64] | None:
    """Along the axis, or the single one of a file without such an axis."""
    named = time or next((one for one in _TIMES if one in dataset.variables), None)
    if named is None or named not in dataset.variables:
        return None
    found = np.ravel(dataset[named].to_numpy())
    if time is None and found.size != 1:
        return None
    if not np.issubdtype(found.dtype, np.datetime64):
        raise SceneError(f"has an axis '{named}' in no calendar that can be read")
    times: NDArray[np.datetime64] = found.astype("datetime64[us]")
    if np.isnat(times).any() or (np.diff(times) <= np.timedelta64(0)).any():
        raise SceneError("has times that do not increase; sort them, each once")
    return times
