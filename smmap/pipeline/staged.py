"""A unit's packed pixels while its parts come in, on disk in the run's staging folder."""

from __future__ import annotations

import hashlib
import math
import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.staged_layer import Packed, StagedLayer
from smmap.pipeline.statistics import count_part, open_tallies
from smmap.spec.band import Layer
from smmap.spec.tile import Block
from smmap.store.atomic import report_store_errors

_STRIP_PIXELS = 2**18
"""What is read at once where pixels are only looked at."""


class StagedUnit:
    """One file a layer over the unit's area; parts may come from several threads."""

    def __init__(self, folder: Path, area: Block, layers: tuple[Layer, ...]) -> None:
        self.folder = folder
        self.area = area
        self.incidence_deg: float | None = None
        """At the middle of the area; None where the radar saw nothing there."""
        self.tallies = open_tallies(layers)
        """How often each stored number occurs in the parts that are there, by layer."""
        self._missing = area.height * area.width
        self._lock = threading.Lock()
        with report_store_errors(str(folder)):
            folder.mkdir(parents=True)
            self._layers = {
                one: StagedLayer(folder / f"{one.name}.raw", area, one) for one in layers
            }

    def put(
        self, part: Block, packed: Mapping[str, Packed], incidence_deg: NDArray[np.float32]
    ) -> bool:
        """Store and count a part's packed layers, and the angle if the area's middle lies in it.

        Parts do not overlap; the backscatter is counted alone. True for the part with which the
        unit is complete.
        """
        window = part.within(self.area)
        with report_store_errors(str(self.folder)):
            for layer, staged in self._layers.items():
                staged[window] = packed[layer.name]
        row, col = self.area.height // 2 - window[0].start, self.area.width // 2 - window[1].start
        if 0 <= row < part.height and 0 <= col < part.width:
            angle = float(incidence_deg[row, col])
            self.incidence_deg = round(angle, 2) if math.isfinite(angle) else None
        with self._lock:
            count_part(self.tallies, packed)
            self._missing -= part.height * part.width
            return self._missing == 0

    def get(self, layer: Layer) -> StagedLayer:
        """A layer's packed pixels over the area."""
        return self._layers[layer]

    def iterate_strips(self, *layers: Layer) -> Iterator[tuple[NDArray[Any], ...]]:
        """Rows of these layers from the first to the last, some at a time."""
        height, width = self.area.shape
        step = max(1, _STRIP_PIXELS // width)
        for top in range(0, height, step):
            rows = slice(top, min(top + step, height))
            yield tuple(self.get(layer)[rows, 0:width] for layer in layers)

    def compute_digest(self) -> str:
        """SHA-256 over all packed pixels, layer after layer."""
        digest = hashlib.sha256()
        for layer in self._layers:
            for (strip,) in self.iterate_strips(layer):
                digest.update(strip.data)
        return digest.hexdigest()

    def discard(self) -> None:
        """Free the disk; the pixels must not be asked for any more."""
        shutil.rmtree(self.folder, ignore_errors=True)
