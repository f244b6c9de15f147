"""What every model package consists of, as bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from smmap.spec.card import ModelCard
from smmap.spec.errors import StoreError
from smmap.store.target import check_folder

CARD = "card.yaml"
GOLDEN = "golden.npz"
_SELDOM = ("quality", "history", "table", "target", "trained_on", "windows")
"""Keys that a card has only where they say something."""


def check_package_folder(out: Path) -> None:
    """Refuse a folder that holds something else than a model package, or than its recipe.

    So is a place where no folder can be made, or that cannot be written into.

    Raises
    ------
    StoreError
        Names the folder.
    """
    check_folder(out)
    if not out.is_dir() or (out / CARD).is_file():
        return
    if any(file.name != "recipe.yaml" for file in out.iterdir()):
        raise StoreError(f"{out} is not empty and no model package; choose another folder")


def check_package_place(out: Path) -> None:
    """As `check_package_folder`, for a package that is made beside its folder and then moved.

    Raises
    ------
    StoreError
        Names the folder, or the one that holds it.
    """
    check_package_folder(out)
    check_folder(out.parent)


def format_card(card: ModelCard) -> str:
    """The card's text."""
    unused = {key for key in _SELDOM if not getattr(card, key)}
    text: str = yaml.safe_dump(
        card.model_dump(mode="json", exclude=unused), sort_keys=False, allow_unicode=True, width=96
    )
    return f"# Written by `{card.training['command']}`; change the code, not this file.\n{text}"


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An npz file; equal arrays are equal bytes, as numpy stamps its members with 1980-01-01."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
