"""Memory that a GPU fetches from by itself, without the processor copying it first."""

from __future__ import annotations

import ctypes
import logging
import mmap
import os
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

_RUNTIMES = ("libcudart.so.13", "libcudart.so.12")
"""CUDA's runtime, as ONNX Runtime's provider links it."""


def allocate_locked(shape: tuple[int, ...], kind: type[np.generic]) -> NDArray[Any]:
    """An array of zeros whose pages stay where they are, where CUDA's runtime is loaded.

    CUDA copies from ordinary memory through a buffer of its own, in pieces; from locked pages the
    GPU copies itself (``cudaHostRegister``, CUDA Runtime API, Memory Management). Where the runtime
    is not loaded, or refuses, the memory is ordinary: slower, the same otherwise.

    Parameters
    ----------
    shape
        Of the array; at least one element.
    kind
        Of its elements.
    """
    count = int(np.prod(shape))
    # Pages of its own: nothing else may lie on a page that is locked and later freed.
    pages = mmap.mmap(-1, count * np.dtype(kind).itemsize)
    array: NDArray[Any] = np.frombuffer(pages, kind, count)
    runtime = find_runtime()
    if runtime is not None:
        address = ctypes.c_void_p(array.ctypes.data)
        refused = runtime.cudaHostRegister(address, ctypes.c_size_t(array.nbytes), 0)
        if refused:
            logger.debug("CUDA locks no pages (error %d): copies to the GPU are slower", refused)
        else:
            # Every view keeps this array alive, and it goes before its pages do.
            weakref.finalize(array, runtime.cudaHostUnregister, address)
    return array.reshape(shape)


def find_runtime() -> ctypes.CDLL | None:
    """CUDA's runtime if this process has loaded it: another version must not come beside it."""
    only_loaded = getattr(os, "RTLD_NOLOAD", None)
    if only_loaded is None:
        return None
    for name in _RUNTIMES:
        try:
            return ctypes.CDLL(name, mode=only_loaded)
        except OSError:
            continue
    return None
