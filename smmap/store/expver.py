"""ECMWF's versions of a reanalysis: 0001 is final, 0005 preliminary, until it is replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from smmap.store.unpack import unpack

if TYPE_CHECKING:
    import xarray as xr

EXPVER = "expver"
"""Name of the axis or coordinate."""
_LOOKS = 16
"""Pixels along an axis that are looked at to see which version has values at a time."""


def read_versions(dataset: xr.Dataset) -> NDArray[np.str_]:
    """``expver`` as four digits, whether it was written as a number or as text."""
    texts = [
        str(one.decode() if isinstance(one, bytes) else one)
        for one in np.ravel(dataset[EXPVER].to_numpy())
    ]
    return np.array([one.strip().split(".")[0].zfill(4) for one in texts])


def find_versions(array: xr.DataArray, dataset: xr.Dataset, count: int) -> NDArray[np.str_] | None:
    """Of each time: from a coordinate along it, or from where the final version is empty."""
    if EXPVER not in dataset.variables:
        return None
    versions = read_versions(dataset)
    if EXPVER not in array.dims:
        return versions if versions.size == count else np.repeat(versions[:1], count)
    ordered = np.sort(versions)
    rows, cols = (max(1, size // _LOOKS) for size in array.shape[-2:])
    thinned = array[..., ::rows, ::cols]
    values = unpack(thinned.to_numpy(), array.attrs, None)
    filled = np.asarray(np.isfinite(values).any(axis=(2, 3)))
    first = np.where(filled[:, 0], 0, np.argmax(filled, axis=1))
    return ordered[first]
