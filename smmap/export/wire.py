"""Messages of protobuf made of parts that lie in files: what is too large to be put together."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_LENGTH = 2
"""Wire type of messages, strings and packed lists."""

Part = bytes | Path
"""Bytes, or a file of bytes."""


def encode_varints(values: NDArray[Any]) -> bytes:
    """Whole numbers that are not negative, in sevens of bits, the lowest first."""
    whole = np.asarray(values).astype(np.uint64)
    most = max(1, -(-int(whole.max(initial=0)).bit_length() // 7))
    shifted = whole[:, None] >> np.arange(0, 7 * most, 7, dtype=np.uint64)
    more = np.zeros(shifted.shape, bool)
    more[:, :-1] = shifted[:, 1:] != 0
    octets = (shifted & np.uint64(0x7F)).astype(np.uint8) | more.astype(np.uint8) << 7
    there = np.ones(shifted.shape, bool)
    there[:, 1:] = more[:, :-1]
    return octets[there].tobytes()


def nest(number: int, parts: Sequence[Part]) -> list[Part]:
    """A field of that number that holds the parts."""
    head = np.array([number << 3 | _LENGTH, measure(parts)])
    return [b"".join(encode_varints(head[i : i + 1]) for i in range(2)), *parts]


def measure(parts: Sequence[Part]) -> int:
    """Bytes of all parts."""
    return sum(len(one) if isinstance(one, bytes) else one.stat().st_size for one in parts)


def copy_parts(parts: Sequence[Part], file: IO[bytes]) -> None:
    """Write the parts one after the other."""
    for one in parts:
        if isinstance(one, bytes):
            file.write(one)
        else:
            with one.open("rb") as source:
                shutil.copyfileobj(source, file, 1 << 20)
