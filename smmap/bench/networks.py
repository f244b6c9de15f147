"""Networks: ONNX Runtime as smmap opens it, beside PyTorch on the processor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
from numpy.typing import NDArray

from smmap.bench.clock import time_in_turns
from smmap.bench.comparison import Comparison, Comparisons, compare_speeds
from smmap.bench.goal import Goal
from smmap.bench.settings import WEIGHTS, Settings, require
from smmap.bench.shapes import NETWORK_SHAPES, NetworkShape
from smmap.model.open_session import open_session

GOAL = Goal("at least", 1.0)
"""Speed against PyTorch."""

_SEED = 7
_BATCH = 8192
_BATCHES = {"mlp": 64, "cnn1d": 4, "lstm": 2, "tabnet": 1}
"""Of ``_BATCH`` pixels a round."""
_TORCH_BATCHES = (1024, _BATCH)
"""PyTorch gets the one with which it is faster."""


def compare_networks(settings: Settings) -> Comparisons:
    """Every network at each number of threads, and how far the two sides are apart.

    Raises
    ------
    ConfigError
        If PyTorch or a model is missing.
    """
    require("the benchmark 'networks'", ["torch"])
    for shape in NETWORK_SHAPES:
        count = _BATCH * (1 if settings.quick else _BATCHES[shape.name])
        rng = np.random.default_rng(_SEED)
        pixels = rng.normal(size=(count, shape.inputs)).astype(np.float32)
        for threads in settings.threads:
            yield from _compare(shape, pixels, threads, settings)


def _compare(
    shape: NetworkShape, pixels: NDArray[np.float32], threads: int, settings: Settings
) -> Comparisons:
    session = open_session(settings.find_model(shape.name), "cpu", threads)
    with _open_torch(shape, pixels, threads, settings) as predict:
        # Both have run once before the clock does.
        difference = float(np.abs(session.run(pixels)[:, 0] - predict(_BATCH)).max())
        sides: dict[str, Callable[[], object]] = {"ours": lambda: session.run(pixels)}
        sides |= {f"torch, {size} a batch": partial(predict, size) for size in _TORCH_BATCHES}
        seconds = time_in_turns(sides, settings.rounds)
    ours = seconds.pop("ours")
    fastest = min(seconds, key=seconds.__getitem__)
    seconds = {"ours": ours, fastest: seconds[fastest]}
    yield compare_speeds(shape.name, threads, len(pixels) / 1e6, seconds, GOAL)
    yield Comparison(f"{shape.name}, largest difference from torch", threads, "1", difference)


@contextmanager
def _open_torch(
    shape: NetworkShape, pixels: NDArray[np.float32], threads: int, settings: Settings
) -> Iterator[Callable[[int], NDArray[np.float32]]]:
    import torch

    from smmap.bench.network_file import load_network

    network = load_network(settings.find_model(shape.name, WEIGHTS).parent, shape)
    rows = torch.from_numpy(pixels)

    def predict(size: int) -> NDArray[np.float32]:
        batches = torch.split(rows, size)
        with torch.inference_mode():
            return np.concatenate([network(batch).numpy()[:, 0] for batch in batches])

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield predict
    finally:
        torch.set_num_threads(before)
