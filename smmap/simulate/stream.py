"""Independent random numbers for each thing in the world."""

from __future__ import annotations

import zlib

import numpy as np


def open_stream(seed: int, name: str, *keys: int) -> np.random.Generator:
    """A generator of its own for ``name`` and ``keys`` (area, day, orbit; none negative).

    More days or more tiles open more streams and leave the others as they were.
    """
    return np.random.default_rng([seed, zlib.crc32(name.encode()), *keys])
