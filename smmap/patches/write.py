"""Writes patches part by part: a part is there whole or not at all."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray

from smmap.patches.columns import write_columns
from smmap.patches.layout import PatchBranch, PatchLayout
from smmap.patches.read import load_layout
from smmap.spec.errors import StoreError
from smmap.store.atomic import publish_folder, report_store_errors, write_atomic
from smmap.store.staging import open_staging

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_STAGING = ".staging"
_DIGEST = "digest"


@dataclass(frozen=True)
class PatchWriter:
    """Adds parts to a store."""

    root: Path
    """Of the store."""
    layout: PatchLayout
    """Of its arrays."""
    _staging: Path

    def has(self, part: str, digest: str = "") -> bool:
        """Whether a part of that digest is there: an interrupted extraction goes on behind it."""
        try:
            said = json.loads((self.root / part / "zarr.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(said.get("attributes", {}).get(_DIGEST, "") == digest)

    def put(
        self,
        part: str,
        images: Mapping[str, NDArray[np.float32]],
        table: pd.DataFrame,
        digest: str = "",
    ) -> None:
        """Add a part, or replace the one of that name.

        Parameters
        ----------
        part
            Name, as of a station: letters, digits, ``_``, ``.``, ``-``.
        images
            Branch -> (n, layers, y, x) and ``numbers`` -> (n, numbers), in the layout's order and
            units before scaling; NaN where there is no value. No sample at all is a part too.
        table
            (n) rows: numbers, words, and times in UTC. What training needs besides is ``station``
            and the target.
        digest
            Of all that decides the part, for ``has``.

        Raises
        ------
        StoreError
            If a name or an array does not fit, or it cannot be written.
        """
        if not _PART.fullmatch(part):
            raise StoreError(f"{self.root}: '{part}' is no name of a part of a store")
        self._check(part, images, table)
        staged, target = self._staging / part, self.root / part
        attributes: dict[str, Any] = {
            _DIGEST: digest,
            "columns": [str(name) for name in table.columns],
        }
        with report_store_errors(str(staged)):
            group = zarr.open_group(staged, mode="w", zarr_format=3, attributes=attributes)
            for name in self.layout.names:
                _write_images(group, name, images[name], self.layout)
            for one in self.layout.branches:
                _write_axes(group, one)
            write_columns(group, table)
            if target.exists():
                target.rename(self._staging / f"{part}.{uuid.uuid4().hex}.old")
        publish_folder(staged, target)

    def _check(
        self, part: str, images: Mapping[str, NDArray[np.float32]], table: pd.DataFrame
    ) -> None:
        for name in self.layout.names:
            expected = (len(table), *self.layout.get_shape(name))
            found = images[name].shape if name in images else None
            if found != expected:
                raise StoreError(
                    f"{self.root}, part '{part}': '{name}' must have the shape {expected}, not "
                    f"{found}"
                )
        taken = sorted({*self.layout.names} & {str(name) for name in table.columns})
        if taken:
            raise StoreError(f"{self.root}, part '{part}': columns {taken} are names of arrays")


@contextmanager
def open_patch_writer(root: Path, layout: PatchLayout) -> Iterator[PatchWriter]:
    """Make a store, or go on with one of the same layout.

    Raises
    ------
    StoreError
        If the folder holds something else, or patches of another layout.
    """
    if (root / "zarr.json").is_file():
        if load_layout(root) != layout:
            raise StoreError(
                f"{root}: holds patches of other inputs or sources than are asked for now; name "
                "another folder"
            )
    else:
        if root.is_dir() and any(root.iterdir()):
            raise StoreError(f"{root} is not empty and no store of patches; name another folder")
        _write_root(root, layout)
    with open_staging(root / _STAGING) as staging:
        yield PatchWriter(root, layout, staging)


def _write_root(root: Path, layout: PatchLayout) -> None:
    said = {"smmap_patches": layout.model_dump(mode="json")}
    metadata = {"zarr_format": 3, "node_type": "group", "attributes": said}
    write_atomic(root / "zarr.json", json.dumps(metadata, indent=1).encode())


def _write_images(
    group: zarr.Group, name: str, values: NDArray[np.float32], layout: PatchLayout
) -> None:
    array = group.create_array(
        name,
        shape=values.shape,
        dtype="float32",
        chunks=(1, *values.shape[1:]),
        fill_value=np.nan,
        dimension_names=layout.get_dimensions(name),
    )
    for number, image in enumerate(values):
        array[number] = image


def _write_axes(group: zarr.Group, branch: PatchBranch) -> None:
    """Where the pixels' centres lie from the station's, metres."""
    offsets = (np.arange(branch.side) - (branch.side - 1) / 2) * branch.pixel_m
    for axis, values in (("y", -offsets), ("x", offsets)):
        name = f"{branch.name}_{axis}"
        array = group.create_array(
            name,
            shape=values.shape,
            dtype="float64",
            dimension_names=(name,),
            attributes={"units": "m", "long_name": f"{axis} from the middle of the patch"},
        )
        array[:] = values
