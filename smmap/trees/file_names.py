"""Files that the engine leaves beside an ONNX file, by name: known where it was not built, too."""

from __future__ import annotations

from pathlib import Path

SUFFIX = ".trees"
"""Of a packed form, behind the name of the ONNX file."""


def is_left_by_engine(path: Path) -> bool:
    """Whether a file of a model's folder is a packed form or its lock: no part of the model."""
    return SUFFIX in path.suffixes
