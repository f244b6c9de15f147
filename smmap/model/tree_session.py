"""One ONNX file of trees, run by our own engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.model.session import Device, Placement
from smmap.spec.errors import ModelError


class TreeSession:
    """The tree engine over one file.

    Raises
    ------
    UnsuitedError
        If the file is not a tree ensemble, or of a kind that only ONNX Runtime runs.
    ModelError
        If it is one that is damaged.
    """

    def __init__(self, path: Path, kernel: str, device: Device, threads: int | None) -> None:
        from smmap.trees.engine import load_engine

        self._path = path
        self._engine = load_engine(path, kernel, threads)
        self.placement = Placement(device, "cpu", f"smmap trees {self._engine.kernel}")
        self.features = self._engine.packed.features

    def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, features) to (n, targets), float32.

        Raises
        ------
        ModelError
            If the number of features does not fit.
        """
        try:
            return self._engine.predict(pixels)
        except ModelError as error:
            reason = str(error)
        raise ModelError(f"{self._path}: no prediction from {pixels.shape[1]} features: {reason}")
