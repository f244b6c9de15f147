"""Trees: our engine beside ONNX Runtime and xgboost, on the same file and pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.bench.clock import time_in_turns
from smmap.bench.comparison import Comparison, Comparisons
from smmap.bench.fresh import run_fresh
from smmap.bench.goal import Goal
from smmap.bench.rows import draw_rows
from smmap.bench.settings import NATIVE, Settings, damaged, require
from smmap.bench.shapes import TREE_SHAPES, TreeShape
from smmap.bench.tree_memory import predict_by_engine, predict_by_onnxruntime
from smmap.spec.errors import ConfigError
from smmap.trees.kernels import VARIABLE, list_kernels

GOALS = {
    "xgb-1000x10": Goal("at least", 10),
    "xgb-2500x19": Goal("at least", 15),
    "rf-800x35": Goal("at least", 10),
}
"""Speed against ONNX Runtime; the other shapes are for information."""
WITHOUT_VBMI = Goal("at least", 2.5)
"""Speed against ONNX Runtime with another kernel than the processor's best."""
IDENTICAL = Goal("at least", 1.0)
"""Share of the pixels whose float32 is xgboost's."""
MEMORY = Goal("at most", 1 / 8)
"""Peak of a process that predicts with a forest, against one with ONNX Runtime."""

_SEED = 7
"""Of the pixels: another than the models'."""
_FORCED = "xgb-1000x10"
"""The model that is run with other kernels."""
_PIXELS = {"xgb-1000x10": 131072}
_OTHERS = 16384
_QUICK = 2048

Pixels = NDArray[np.float32]
Predict = Callable[[], NDArray[np.float32]]


def compare_trees(settings: Settings) -> Comparisons:
    """Every shape at each number of threads, identity, other kernels, memory.

    Raises
    ------
    ConfigError
        If a library or a model is missing, or the tree engine was not built.
    """
    require("the benchmark 'trees'", ["xgboost"])
    if not list_kernels():
        raise ConfigError("the tree engine was not built: install smmap where a C compiler is")
    from smmap.trees.cache import open_packed

    for shape in TREE_SHAPES:
        path = settings.find_model(shape.name)
        count = _QUICK if settings.quick else _PIXELS.get(shape.name, _OTHERS)
        pixels = draw_rows(shape.inputs, count, _SEED)
        open_packed(path)  # once
        for threads in settings.threads:
            yield from _compare_speed(shape, path, pixels, threads, settings)
        if shape.kind == "xgboost":
            yield from _compare_identity(shape, path, pixels, settings)
        else:
            yield _compare_memory(shape, path, settings)


def _compare_speed(
    shape: TreeShape, path: Path, pixels: Pixels, threads: int, settings: Settings
) -> Comparisons:
    """One model, all sides in turns: ONNX Runtime, xgboost, our kernels."""
    fastest, *others = list_kernels()
    kernels = [fastest, *others] if shape.name == _FORCED else [fastest]
    sides: dict[str, Predict] = {"onnxruntime": _open_onnxruntime(path, pixels, threads)}
    if shape.kind == "xgboost":
        sides["xgboost"] = _open_xgboost(settings.find_model(shape.name, NATIVE), pixels, threads)
    sides |= {kernel: _open_engine(path, pixels, threads, kernel) for kernel in kernels}
    seconds = time_in_turns(sides, settings.rounds)
    speed = {name: len(pixels) / 1e6 / spent for name, spent in seconds.items()}

    def compare(name: str, kernel: str, yardstick: str, goal: Goal | None) -> Comparison:
        return Comparison(name, threads, "Mpx/s", speed[kernel], speed[yardstick], yardstick, goal)

    yield compare(shape.name, fastest, "onnxruntime", GOALS.get(shape.name))
    if "xgboost" in speed:
        yield compare(shape.name, fastest, "xgboost", None)
    for kernel in kernels:
        if kernel != "vbmi" and shape.name == _FORCED:
            name = f"{shape.name}, {VARIABLE}={kernel}"
            yield compare(name, kernel, "onnxruntime", WITHOUT_VBMI)


def _compare_identity(
    shape: TreeShape, path: Path, pixels: Pixels, settings: Settings
) -> Comparisons:
    """Rows with values missing too, whatever their place."""
    pixels = pixels.copy()
    pixels[::7, :: shape.inputs // 3] = np.nan
    expected = _open_xgboost(settings.find_model(shape.name, NATIVE), pixels, 1)()
    runtime = _open_onnxruntime(path, pixels, 1)()
    for kernel in list_kernels():
        ours = _open_engine(path, pixels, 1, kernel)()
        same = float((ours == expected).mean())
        name = f"{shape.name}, identical, {kernel}"
        yield Comparison(name, 1, "share", same, 1.0, "xgboost", IDENTICAL)
    name = f"{shape.name}, largest difference from xgboost"
    yield Comparison(name, 1, "m3/m3", float(np.abs(ours - expected).max()))
    name = f"{shape.name}, largest difference of ONNX Runtime from xgboost"
    yield Comparison(name, 1, "m3/m3", float(np.abs(runtime - expected).max()))


def _compare_memory(shape: TreeShape, path: Path, settings: Settings) -> Comparison:
    count = _QUICK if settings.quick else _OTHERS
    ours, theirs = (
        run_fresh(side, 1, path=path, inputs=shape.inputs, n=count, seed=_SEED)["peak_mb"]
        for side in (predict_by_engine, predict_by_onnxruntime)
    )
    name = f"{shape.name}, peak memory"
    return Comparison(name, 1, "MB", ours, theirs, "onnxruntime", MEMORY)


def _open_engine(path: Path, pixels: Pixels, threads: int, kernel: str) -> Predict:
    from smmap.trees.engine import load_engine

    engine = load_engine(path, kernel, threads)
    engine.predict(pixels[:1024])
    return lambda: engine.predict(pixels)[:, 0]


def _open_onnxruntime(path: Path, pixels: Pixels, threads: int) -> Predict:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    session.run(None, {name: pixels[:1024]})
    return lambda: np.asarray(session.run(None, {name: pixels})[0], np.float32)[:, 0]


def _open_xgboost(path: Path, pixels: Pixels, threads: int) -> Predict:
    import xgboost

    try:
        booster: Any = xgboost.Booster({"nthread": threads}, model_file=path)
    except ValueError as error:  # which XGBoostError is
        raise damaged(path) from error
    booster.inplace_predict(pixels[:1024])
    return lambda: np.asarray(booster.inplace_predict(pixels), np.float32)
