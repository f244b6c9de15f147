"""Reads a store of patches."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
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
        return self.read_table(self.parts)

    def read_table(self, parts: Collection[str]) -> pd.DataFrame:
        """The rows of ``table`` that belong to these parts; none of parts without a sample."""
        chosen = (group for name, group in self._groups.items() if name in parts)
        tables = [self._read_table(group) for group in chosen]
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()

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
        groups = list(self._groups.values())
        found = np.empty((len(wanted), *self.layout.get_shape(name)), np.float32)
        try:
            for row, (part, place) in enumerate(zip(parts, wanted - starts, strict=True)):
                array: Any = groups[part][name]
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
    def _groups(self) -> dict[str, zarr.Group]:
        """Parts that have a sample."""
        groups = {name: zarr.open_group(self.root / name, mode="r") for name in self.parts}
        return {name: one for name, one in groups.items() if _count(one)}

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        return np.cumsum([_count(one) for one in self._groups.values()], dtype=np.int64)

    def _read_table(self, group: zarr.Group) -> pd.DataFrame:
        names: Any = group.attrs["columns"]
        stored: Any = group[CELL]
        numbers = np.asarray(stored[:], np.float64)
        columns = {
            one.column or one.name: numbers[:, i] for i, one in enumerate(self.layout.numbers)
        }
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
