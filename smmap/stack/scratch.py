"""Memory of a thread that is used again: fresh pages cost as much as resampling into them."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_HELD = threading.local()


def get_scratch(name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array with anything in it, valid until this thread asks for that name again.

    As large as the largest that the thread has asked for; freed with the thread.
    """
    wanted = np.dtype(dtype)
    size = math.prod(shape) * wanted.itemsize
    held: dict[str, NDArray[np.uint8]] = _HELD.__dict__
    if name not in held or held[name].nbytes < size:
        held[name] = np.empty(size, np.uint8)
    return held[name][:size].view(wanted).reshape(shape)
