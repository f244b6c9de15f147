"""Files beside an ONNX file, whose checksums it may bear."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from smmap.spec.errors import ModelError

_PROPERTY = "sha256:"
"""A property whose key starts so says what the file of that name must be."""


def read_checksums(properties: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of the files that an ONNX file's properties name; it need not name all."""
    return {
        key.removeprefix(_PROPERTY): value
        for key, value in properties.items()
        if key.startswith(_PROPERTY)
    }


def check_beside(path: Path, name: str, found: str, expected: str) -> None:
    """Compare a file with what an ONNX file says of it.

    Parameters
    ----------
    path
        The ONNX file.
    name
        Of the file beside it.
    found, expected
        SHA-256 that it has, and that it should have.

    Raises
    ------
    ModelError
        If they differ.
    """
    if found != expected:
        raise ModelError(
            f"{path.parent / name}: not the file that {path.name} was written with; fetch or "
            "export both again"
        )
