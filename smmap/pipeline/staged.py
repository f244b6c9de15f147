"""A unit's packed pixels while its blocks come in, on disk in the run's staging folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.spec.band import Layer
from smmap.spec.tile import Block
from smmap.store.atomic import report_store_errors

Packed = NDArray[np.generic]


class StagedUnit:
    """One array file a layer over the task's area; blocks may come from several threads."""

    def __init__(self, folder: Path, area: Block, layers: tuple[Layer, ...]) -> None:
        self.folder = folder
        self.area = area
        self.layers = layers
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

    def put(self, block: Block, packed: Mapping[str, Packed]) -> None:
        """Store a block's packed layers."""
        window = block.within(self.area)
        for name, values in packed.items():
            self._arrays[name][window] = values

    def get(self, layer: Layer) -> Packed:
        """A layer's packed pixels over the area."""
        return self._arrays[layer.name]
