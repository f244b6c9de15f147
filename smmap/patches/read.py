"""Reads a store of patches."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray

from smmap.patches.columns import read_columns
from smmap.patches.layout import FORMAT, PatchLayout
from smmap.spec.errors import ConfigError, StoreError
from smmap.spec.windows import CELL

_KEY = "smmap_patches"


@dataclass(frozen=True)
class PatchStore:
    """An opened store; images are read when they are asked for."""

    root: Path
    """Folder."""
    layout: PatchLayout
    """Of its arrays."""

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Names, in order."""
        found = (one.parent.name for one in self.root.glob("*/zarr.json"))
        return tuple(sorted(name for name in found if not name.startswith(".")))

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a sample: the parts' columns, and the numbers a cell by their inputs' columns.

        Samples are numbered by part, then place: the numbers that ``load`` takes.
        """
        return pd.concat([self._read_table(group) for group in self._groups], ignore_index=True)

    def load(self, name: str, numbers: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """Samples of an array, (n, ...) before scaling; NaN where there is no value.

        Raises
        ------
        StoreError
            If a file is missing or damaged.
        """
        wanted = np.asarray(numbers, np.int64)
        parts = np.searchsorted(self._ends, wanted, side="right")
        starts = np.concatenate([[0], self._ends])[parts]
        found = np.empty((len(wanted), *self.layout.get_shape(name)), np.float32)
        try:
            for row, (part, place) in enumerate(zip(parts, wanted - starts, strict=True)):
                array: Any = self._groups[part][name]
                found[row] = array[int(place)]
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = str(error)
        else:
            return found
        raise StoreError(f"{self.root}: '{name}' cannot be read ({reason}); extract it again")

    @property
    def count(self) -> int:
        """Samples."""
        return int(self._ends[-1]) if len(self._ends) else 0

    @cached_property
    def _groups(self) -> list[zarr.Group]:
        groups = [zarr.open_group(self.root / name, mode="r") for name in self.parts]
        return [one for one in groups if _count(one)]

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        return np.cumsum([_count(one) for one in self._groups], dtype=np.int64)

    def _read_table(self, group: zarr.Group) -> pd.DataFrame:
        names: Any = group.attrs["columns"]
        cell: Any = group[CELL]
        numbers = np.asarray(cell[:], np.float64)
        columns = {one.column or one.name: numbers[:, i] for i, one in enumerate(self.layout.cell)}
        return read_columns(group, list(names)).assign(**columns)


def open_patches(root: Path) -> PatchStore:
    """Open a store for reading.

    Raises
    ------
    StoreError
        If there is none, it is damaged, or it has no sample.
    """
    store = PatchStore(root, load_layout(root))
    try:
        empty = not store.count
    except (OSError, ValueError, KeyError) as error:
        reason = str(error)
    else:
        if not empty:
            return store
        reason = "no part has a sample"
    raise StoreError(f"{root}: cannot be used as samples: {reason}")


def load_layout(root: Path) -> PatchLayout:
    """What the store's root says.

    Raises
    ------
    StoreError
        If it is no store of patches, or one of a later version.
    """
    path = root / "zarr.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))["attributes"][_KEY]
        found = PatchLayout.parse(said, str(path))
    except (OSError, ValueError, KeyError, TypeError, ConfigError) as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        if found.format <= FORMAT:
            return found
        reason = f"format {found.format} is newer than {FORMAT}: upgrade smmap"
    raise StoreError(f"{root}: is no store of patches ({reason})")


def _count(group: zarr.Group) -> int:
    array: Any = group[CELL]
    return int(array.shape[0])
