"""One ONNX file of trees, run as standard operators: for devices that know no trees."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smmap.model.binding import Binding
from smmap.model.runtime import Place, get_version, open_runtime, require_place
from smmap.model.session import BATCHES, Device, Placement, run_in_batches
from smmap.spec.errors import ModelError


class TreeGraphSession:
    """A tree ensemble in ONNX Runtime, without its tree operator.

    Every comparison is as in the tree engine; sums are rounded as the device adds.

    Parameters
    ----------
    path
        The file.
    device
        As asked.
    place
        Where it runs.

    Raises
    ------
    UnsuitedError
        If the file is not a tree ensemble of one target, or of a kind that only ONNX Runtime runs.
    ModelError
        If it is one that is damaged; ``DeviceError`` if the device is not there or does not run
        all of it.
    """

    def __init__(self, path: Path, device: Device, place: Place) -> None:
        require_place(place, path.name)
        from smmap.trees import operator_graph
        from smmap.trees.cache import open_packed

        self._path = path
        self._packed = open_packed(path)
        operator_graph.check_suited(self._packed, str(path))
        model = operator_graph.build_graph(self._packed)
        session = open_runtime(model, path.name, place)
        self.placement = Placement(
            device, place, f"onnxruntime {get_version()}, trees as operators"
        )
        self.features = self._packed.features
        shape = (BATCHES[place], operator_graph.count_columns(self._packed))
        batch = (operator_graph.ROWS, shape, np.int32)
        tables = operator_graph.compute_tables(self._packed)
        self._binding = Binding(session, place, batch, tables)

    def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, features) to (n, 1), float32; n at least 1.

        Raises
        ------
        ModelError
            If the number of features does not fit, or the device fails.
        """
        features = pixels.shape[1]
        if features < self._packed.needs or self.features not in (None, features):
            needed = self.features or f"{self._packed.needs} or more"
            raise ModelError(
                f"{self._path}: pixels must have shape (n, {needed}), not {pixels.shape}"
            )
        return run_in_batches(pixels, BATCHES[self.placement.got], 1, self._run_batch)

    def _run_batch(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        from smmap.trees.operator_graph import compute_rows

        try:
            return self._binding.run(compute_rows(batch, self._packed))
        except Exception as error:  # noqa: BLE001 (the runtime raises its own, unrelated kinds)
            reason = str(error)
        raise ModelError(f"{self._path}: no prediction: {reason}")
