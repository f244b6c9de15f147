"""The packed form: a header, then arrays as the kernels read them; on disk as in memory.

::

    0     magic, SHA-256 of the header's text, the text (JSON), zeros
    8192  nodes, values, trees, columns, cuts, leaf_rows, base; each from a multiple of 64 bytes

A file is written once, whole, and mapped read-only: processes share its pages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.trees.columns import COLUMN

FORMAT = 1
"""Counts up with every change to what is below or to what the kernels read."""
MAGIC = b"smmap trees packed form\n"
HEADER = 8192
"""Bytes before the first array."""
PADDING = 64
"""Nodes behind the last: kernels read the first 64 of a tree at once."""
TREE = np.dtype(
    [
        ("first", "<i8"),
        ("size", "<u4"),
        ("depth", "<u4"),
        ("steady", "<u4"),
        ("sort_levels", "<u4"),
        ("target", "<i4"),
        ("unused", "<u4"),
    ]
)
"""A tree, as in the kernel."""
SECTIONS: dict[str, np.dtype[Any]] = {
    "nodes": np.dtype("<u4"),  # "<u8" where wide
    "values": np.dtype("<u4"),
    "trees": TREE,
    "columns": COLUMN,
    "cuts": np.dtype("<u4"),
    "leaf_rows": np.dtype("<f4"),
    "base": np.dtype("<f4"),
}
_DIGEST = 32
_KINDS: dict[str, Any] = {
    "wide": bool,
    "bits": int,
    "stride": int,
    "average": bool,
    "features": int | None,
    "needs": int,
    "sources": dict,
    "counts": dict,
    "sha256": str,
}
"""What the header holds beside the format."""
_LARGEST = (1 << 31) - 1
"""Of what the kernels take as int."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Packed:
    """A packed forest."""

    wide: bool
    """Nodes of 64 bits over images of floats; else of 32 bits over ranks of 8."""
    bits: int
    """Of a node, for the column."""
    stride: int
    """Values of a row."""
    average: bool
    """True: sums are divided by the number of trees."""
    features: int | None
    """Columns of the pixels; None: any number, ``needs`` or more."""
    needs: int
    """Columns that the pixels must have at least."""
    sources: Mapping[str, str]
    """SHA-256 of each file that it was made of, by name; the ONNX file's first."""
    arrays: Mapping[str, NDArray[Any]]
    """By the names of ``SECTIONS``."""

    @property
    def targets(self) -> int:
        """Columns of a prediction."""
        return len(self.arrays["base"])

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.arrays["trees"])

    @property
    def description(self) -> tuple[tuple[int, int, int, int], tuple[NDArray[Any], ...]]:
        """What the kernel takes."""
        numbers = (int(self.wide), self.bits, self.stride, int(self.average))
        return numbers, tuple(self.arrays[name] for name in SECTIONS)


def compute_places(counts: Mapping[str, int], *, wide: bool) -> tuple[dict[str, int], int]:
    """Where each array starts, and the size of the whole, in bytes."""
    places, end = {}, HEADER
    for name in SECTIONS:
        places[name] = end
        end += -(-counts[name] * get_dtype(name, wide=wide).itemsize // 64) * 64
    return places, end


def get_dtype(name: str, *, wide: bool) -> np.dtype[Any]:
    """Of an array's elements."""
    return np.dtype("<u8") if wide and name == "nodes" else SECTIONS[name]


def view_arrays(whole: Bytes, counts: Mapping[str, int], *, wide: bool) -> dict[str, NDArray[Any]]:
    """The arrays within the whole."""
    places, _ = compute_places(counts, wide=wide)
    arrays = {}
    for name, place in places.items():
        dtype = get_dtype(name, wide=wide)
        arrays[name] = whole[place : place + counts[name] * dtype.itemsize].view(dtype)
    return arrays


def write_header(whole: Bytes, packed: Packed) -> None:
    """Describe the arrays, which are complete, in front of them."""
    text = json.dumps(
        {
            "format": FORMAT,
            "wide": packed.wide,
            "bits": packed.bits,
            "stride": packed.stride,
            "average": packed.average,
            "features": packed.features,
            "needs": packed.needs,
            "sources": dict(packed.sources),
            "counts": {name: len(array) for name, array in packed.arrays.items()},
            "sha256": compute_digest(whole),
        }
    ).encode()
    header = MAGIC + hashlib.sha256(text).digest() + text
    if len(header) > HEADER:
        raise ValueError(f"{len(packed.sources)} files are too many for one header")
    whole[: len(header)] = np.frombuffer(header, np.uint8)


def compute_digest(whole: Bytes) -> str:
    """SHA-256 of the arrays, hex."""
    return hashlib.sha256(whole[HEADER:].data).hexdigest()


def read_packed(whole: Bytes, find_digest: Callable[[], str] | None = None) -> Packed | None:
    """The forest in these bytes; None if they are not one, are damaged or of another version.

    Parameters
    ----------
    whole
        A file, mapped.
    find_digest
        Says what `compute_digest` gives, if that is known better; None: it is computed.
    """
    front = bytes(whole[:HEADER])
    start = len(MAGIC) + _DIGEST
    text = front[start:].rstrip(b"\0")
    if len(front) < HEADER or front[:start] != MAGIC + hashlib.sha256(text).digest():
        return None
    header = _read_header(text)
    if header is None:
        return None
    counts, digest = header.pop("counts"), header.pop("sha256")
    if len(whole) != compute_places(counts, wide=header["wide"])[1]:
        return None
    if (find_digest() if find_digest else compute_digest(whole)) != digest:
        return None
    arrays = view_arrays(whole, counts, wide=header["wide"])
    looked_at = int(arrays["columns"]["feature"].max(initial=0))
    if not looked_at < header["needs"] <= (header["features"] or header["needs"]):
        return None
    return Packed(**header, arrays=arrays)


def _read_header(text: bytes) -> dict[str, Any] | None:
    """The header without its format; None if it is no complete one of this format.

    Right checksums do not say so: whoever sends a package may send a form with it.
    """
    try:
        header = json.loads(text)
    except ValueError:
        return None
    if not isinstance(header, dict) or header.pop("format", None) != FORMAT:
        return None
    if header.keys() != _KINDS.keys():
        return None
    if not all(isinstance(header[name], kind) for name, kind in _KINDS.items()):
        return None
    counts, sizes = header["counts"], (header["bits"], header["stride"])
    if not all(isinstance(one, int) and one >= 0 for one in (*counts.values(), *sizes)):
        return None
    fits = counts.keys() == SECTIONS.keys() and max(sizes) <= _LARGEST
    return header if fits and header["sources"] else None
