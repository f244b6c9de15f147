"""One ONNX file on one device: what was asked for, what was got, and fixed-size batches."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from smmap.model.binding import Binding
from smmap.model.runtime import Place, get_version, list_places, open_runtime
from smmap.spec.errors import DeviceError, ModelError
from smmap.trees.processors import count_processors

logger = logging.getLogger(__name__)

Device = Literal["auto", "cpu", "cuda"]

BATCHES: dict[Place, int] = {"cpu": 512, "cuda": 32768}
"""Rows a call, always: kernels that depend on the number of rows would make a pixel's value
depend on how a tile is cut. On the processor as few as keep it busy: what a layer leaves stays in
the cache for the next, and little is lost on a last batch that is filled up."""


@dataclass(frozen=True)
class Placement:
    """Where a model runs."""

    asked: Device
    """As the recipe or the caller said."""
    got: Place
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

    ``auto`` takes CUDA where ONNX Runtime can run all of the file there, else the processor.

    Raises
    ------
    DeviceError
        If ``cuda`` is required and there is none, or it does not run all of the file.
    ModelError
        If the file cannot be opened or does not take one (n, features) float32 input.
    """

    def __init__(self, path: Path, device: Device, threads: int | None) -> None:
        self._path = path
        got: Place = "cpu"
        if device == "cuda" or (device == "auto" and "cuda" in list_places()):
            try:
                self._session, got = open_runtime(str(path), path.name, "cuda"), "cuda"
            except DeviceError as error:
                if device == "cuda":
                    raise
                logger.warning("%s; the processor runs it", error)
        if got == "cpu":
            self._session = open_runtime(str(path), path.name, "cpu")
        self.placement = Placement(device, got, f"onnxruntime {get_version()}")
        logger.info("%s: device asked %s, got %s", path.name, device, got)
        self._input, self.features = _check_input(self._session.get_inputs(), path)
        self._threads = threads or count_processors()
        self._bound: Binding | None = None
        if got == "cuda" and self.features is not None:
            shape = (BATCHES[got], self.features)
            self._bound = Binding(self._session, got, (self._input, shape, np.float32), {})

    def run(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, features) to (n, columns), float32, in batches of one size; n at least 1.

        Raises
        ------
        ModelError
            If the runtime refuses the pixels, for example for their number of features.
        """
        return run_in_batches(pixels, BATCHES[self.placement.got], self._threads, self._run_batch)

    def _run_batch(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            if self._bound is not None:
                first: Any = self._bound.run(batch)
            else:
                first = self._session.run(None, {self._input: batch})[0]
            output = np.asarray(first, dtype=np.float32)
        except Exception as error:  # noqa: BLE001 (the runtime raises its own, unrelated kinds)
            reason = str(error)
        else:
            if output.ndim in (1, 2) and len(output) == len(batch):
                return output.reshape(len(batch), -1)
            reason = f"its first output has shape {output.shape}, not one row a pixel"
        raise ModelError(f"{self._path}: no prediction from {batch.shape[1]} features: {reason}")


def run_in_batches(
    pixels: NDArray[np.float32],
    size: int,
    threads: int,
    run_batch: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Rows through something that takes ``size`` of them, in several threads.

    The last batch is filled up. Batches side by side, each in one thread, are faster than one
    after the other with threads inside, which would wait for each other in every layer.
    """

    def work(start: int) -> NDArray[np.float32]:
        batch = pixels[start : start + size]
        count = len(batch)
        if count < size:
            batch = np.vstack([batch, np.repeat(batch[-1:], size - count, axis=0)])
        return run_batch(np.ascontiguousarray(batch))[:count]

    starts = range(0, len(pixels), size)
    if threads == 1 or len(starts) == 1:
        return np.concatenate([work(start) for start in starts])
    with ThreadPoolExecutor(min(threads, len(starts))) as pool:
        return np.concatenate(list(pool.map(work, starts)))


def _check_input(inputs: list[Any], path: Path) -> tuple[str, int | None]:
    """Name of the one input, and its number of features where the file fixes it."""
    if len(inputs) != 1 or len(inputs[0].shape) != 2 or inputs[0].type != "tensor(float)":
        shapes = ", ".join(f"{one.name} {one.type} {one.shape}" for one in inputs)
        raise ModelError(
            f"{path}: a model takes one float32 input of shape (n, features); this takes {shapes}"
        )
    count, width = inputs[0].shape
    if isinstance(count, int) and count != BATCHES["cpu"]:
        raise ModelError(
            f"{path}: takes exactly {count} rows at a time; export it with a first axis that is "
            "left open (torch: dynamic_shapes, skl2onnx: FloatTensorType([None, features]))"
        )
    return inputs[0].name, width if isinstance(width, int) else None
