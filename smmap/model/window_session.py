"""One ONNX file that takes images around cells, on one device."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.model.runtime import Place, get_version, list_places, open_runtime
from smmap.model.session import Device, Placement
from smmap.spec.errors import DeviceError, ModelError

logger = logging.getLogger(__name__)

Images = Mapping[str, NDArray[np.float32]]
"""Network input -> (n, layers, y, x), scaled, every value finite."""


class WindowSession:
    """An ONNX Runtime session over one file with several image inputs.

    Device and errors as of `smmap.model.session.Session`.

    Parameters
    ----------
    names
        Inputs that the file must take, each of (n, layers, y, x) float32.
    """

    features = None

    def __init__(self, path: Path, device: Device, names: Sequence[str]) -> None:
        self._path = path
        self._session, got = _open(path, device)
        self.placement = Placement(device, got, f"onnxruntime {get_version()}")
        logger.info("%s: device asked %s, got %s", path.name, device, got)
        taken = {one.name: len(one.shape) for one in self._session.get_inputs()}
        if taken != dict.fromkeys(names, 4):
            raise ModelError(
                f"{path}: must take images {', '.join(names)}, each (n, layers, y, x); it takes "
                f"{', '.join(f'{name} of {axes} axes' for name, axes in taken.items())}"
            )

    def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows of pixels are nothing for it.

        Raises
        ------
        ModelError
            Always.
        """
        raise ModelError(
            f"{self._path}: looks at windows around cells, not at rows of {pixels.shape[-1]} "
            "inputs; map with it by smmap run"
        )

    def run_images(self, images: Images) -> NDArray[np.float32]:
        """(n, columns, rows of cells, columns of cells).

        Raises
        ------
        ModelError
            If the runtime refuses the images, for example for their size.
        """
        try:
            found: Any = self._session.run(None, dict(images))[0]
        except Exception as error:  # noqa: BLE001 (the runtime raises its own, unrelated kinds)
            reason = str(error)
        else:
            return np.asarray(found, np.float32)
        shapes = ", ".join(f"{name} {one.shape}" for name, one in images.items())
        raise ModelError(f"{self._path}: no prediction from {shapes}: {reason}")


def _open(path: Path, device: Device) -> tuple[Any, Place]:
    if device == "cuda" or (device == "auto" and "cuda" in list_places()):
        try:
            return open_runtime(str(path), path.name, "cuda"), "cuda"
        except DeviceError as error:
            if device == "cuda":
                raise
            logger.warning("%s; the processor runs it", error)
    return open_runtime(str(path), path.name, "cpu"), "cpu"
