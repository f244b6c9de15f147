"""A unit's packed pixels while its blocks come in, on disk in the run's staging folder."""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.spec.band import Layer
from smmap.spec.tile import Block
from smmap.store.atomic import report_store_errors

Packed = NDArray[np.generic]


class StagedUnit:
    """One array file a layer over the unit's area; blocks may come from several threads."""

    def __init__(self, folder: Path, area: Block, layers: tuple[Layer, ...]) -> None:
        self.folder = folder
        self.area = area
        self.incidence_deg: float | None = None
        """At the middle of the area; None where the radar saw nothing there."""
        with report_store_errors(str(folder)):
            folder.mkdir(parents=True)
            self._arrays = {layer.name: self._reserve(layer) for layer in layers}

    def _reserve(self, layer: Layer) -> Packed:
        """An array on disk whose space is taken now.

        A full disk must not show up later, as a fault in the middle of a mapped page.
        """
        path = self.folder / f"{layer.name}.npy"
        array = np.lib.format.open_memmap(path, "w+", layer.dtype, shape=self.area.shape)
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
        return array

    def put(
        self, block: Block, packed: Mapping[str, Packed], incidence_deg: NDArray[np.float32]
    ) -> None:
        """Store a block's packed layers, and the angle if the area's middle lies in it."""
        window = block.within(self.area)
        for name, values in packed.items():
            self._arrays[name][window] = values
        row, col = self.area.height // 2 - window[0].start, self.area.width // 2 - window[1].start
        if 0 <= row < block.height and 0 <= col < block.width:
            angle = float(incidence_deg[row, col])
            self.incidence_deg = round(angle, 2) if math.isfinite(angle) else None

    def get(self, layer: Layer) -> Packed:
        """A layer's packed pixels over the area."""
        return self._arrays[layer.name]

    def compute_digest(self) -> str:
        """SHA-256 over all packed pixels."""
        digest = hashlib.sha256()
        for array in self._arrays.values():
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def discard(self) -> None:
        """Free the disk; the arrays must not be used any more."""
        self._arrays.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
