"""One ONNX file on one device: what was asked for, what was got, and fixed-size batches."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import DeviceError, ModelError

logger = logging.getLogger(__name__)

Device = Literal["auto", "cpu", "cuda"]

BATCH = 8192
"""Rows a call, always: kernels that depend on the number of rows would make a pixel's value
depend on how a tile is cut."""

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


@dataclass(frozen=True)
class Placement:
    """Where a model runs."""

    asked: Device
    """As the recipe or the caller said."""
    got: Literal["cpu", "cuda"]
    """What runs it."""
    engine: str
    """Engine and version."""


class Runner(Protocol):
    """One member of a model, opened."""

    @property
    def placement(self) -> Placement:
        """Where it runs."""

    @property
    def features(self) -> int | None:
        """Number of input columns; None where the file leaves it open."""

    def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, features) to (n, columns), float32; n at least 1."""


class Session:
    """An ONNX Runtime session over one file.

    Raises
    ------
    DeviceError
        If ``cuda`` is required and there is none.
    ModelError
        If the file cannot be opened or does not take one (n, features) float32 input.
    """

    def __init__(self, path: Path, device: Device, threads: int | None) -> None:
        import onnxruntime as ort

        available = ort.get_available_providers()
        wanted = "cuda" if device == "auto" and _PROVIDERS["cuda"] in available else device
        wanted = "cpu" if wanted == "auto" else wanted
        if _PROVIDERS[wanted] not in available:
            raise DeviceError(
                f"device '{device}' was required for {path.name}, but ONNX Runtime offers only "
                f"{', '.join(available)}; install onnxruntime-gpu or use device: auto"
            )
        self._path = path
        options = ort.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
        chain = [_PROVIDERS[wanted]] if wanted == "cpu" else [_PROVIDERS["cuda"], _PROVIDERS["cpu"]]
        try:
            self._session = ort.InferenceSession(str(path), options, providers=chain)
        except Exception as error:  # noqa: BLE001 (the runtime raises its own, unrelated kinds)
            reason = str(error)
        else:
            reason = ""
        if reason:
            raise ModelError(f"{path}: ONNX Runtime cannot open it ({reason})")
        got: Literal["cpu", "cuda"] = (
            "cuda" if self._session.get_providers()[0] == _PROVIDERS["cuda"] else "cpu"
        )
        if device == "cuda" and got != "cuda":
            raise DeviceError(f"device 'cuda' was required for {path.name}, ONNX Runtime fell back")
        self.placement = Placement(device, got, f"onnxruntime {ort.__version__}")
        logger.info("%s: device asked %s, got %s", path.name, device, got)
        self._input, self.features = _check_input(self._session.get_inputs(), path)

    def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, features) to (n, columns), float32, in batches of ``BATCH`` rows; n at least 1.

        Raises
        ------
        ModelError
            If the runtime refuses the pixels, for example for their number of features.
        """
        parts = []
        for start in range(0, len(pixels), BATCH):
            batch = pixels[start : start + BATCH]
            count = len(batch)
            if count < BATCH:
                batch = np.vstack([batch, np.repeat(batch[-1:], BATCH - count, axis=0)])
            parts.append(self._run_batch(np.ascontiguousarray(batch))[:count])
        return np.concatenate(parts)

    def _run_batch(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            first: Any = self._session.run(None, {self._input: batch})[0]
            output = np.asarray(first, dtype=np.float32)
        except Exception as error:  # noqa: BLE001 (the runtime raises its own, unrelated kinds)
            reason = str(error)
        else:
            if output.ndim in (1, 2) and len(output) == BATCH:
                return output.reshape(BATCH, -1)
            reason = f"its first output has shape {output.shape}, not one row a pixel"
        raise ModelError(f"{self._path}: no prediction from {batch.shape[1]} features: {reason}")


def _check_input(inputs: list[Any], path: Path) -> tuple[str, int | None]:
    """Name of the one input, and its number of features where the file fixes it."""
    if len(inputs) != 1 or len(inputs[0].shape) != 2 or inputs[0].type != "tensor(float)":
        shapes = ", ".join(f"{one.name} {one.type} {one.shape}" for one in inputs)
        raise ModelError(
            f"{path}: a model takes one float32 input of shape (n, features); this takes {shapes}"
        )
    width = inputs[0].shape[1]
    return inputs[0].name, width if isinstance(width, int) else None
