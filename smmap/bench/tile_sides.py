"""The sides of the tile benchmark, each run in a process of its own: see `smmap.bench.fresh`.

Seconds are those of the work: each side has imported its first library before the clock starts.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smmap.bench.settings import MODEL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECIPE = "local-stac"


class _Clock:
    """Started when it is made."""

    def __init__(self) -> None:
        self._seconds, self._processor = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        """Since then: seconds, and those of processors, of all threads together."""
        return {
            "seconds": time.perf_counter() - self._seconds,
            "processor_seconds": time.process_time() - self._processor,
        }


def map_tile(catalog: str, model: str, out: str, threads: int) -> dict[str, Any]:
    """From the recipe to maps, everything included."""
    from smmap.pipeline.run import run

    gc.freeze()  # as `smmap run` does once it has imported: modules are no garbage
    clock = _Clock()
    changes = [f"catalog={catalog}", f"model={model}", f"threads={threads}"]
    result = run(RECIPE, Path(out), changes=changes)
    return {**clock.read(), "units": result.count("done")}


def infer_tile(catalog: str, model: str, scratch: str, threads: int) -> dict[str, Any]:
    """The model alone, on the pixels that `map_tile` gives it, block by block."""
    with _open_pixels(catalog, model, scratch, threads) as (estimate, blocks):
        rows = list(blocks)
        clock = _Clock()
        for part in rows:
            estimate(part)
        spent = clock.read()
    return {**spent, "pixels": sum(len(part) for part in rows)}


def infer_block(catalog: str, model: str, scratch: str, threads: int) -> dict[str, Any]:
    """The model alone, on the pixels of one block, and the same file by ONNX Runtime."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    path = str(Path(model, MODEL))
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    with _open_pixels(catalog, model, scratch, threads) as (estimate, blocks):
        rows = np.ascontiguousarray(next(blocks))
        start = time.perf_counter()
        estimate(rows)
        middle = time.perf_counter()
        session.run(None, {name: rows})
        end = time.perf_counter()
    return {"seconds": middle - start, "onnxruntime": end - middle, "pixels": len(rows)}


@contextmanager
def _open_pixels(
    catalog: str, model: str, scratch: str, threads: int
) -> Iterator[tuple[Callable[[NDArray[np.float32]], object], Iterator[NDArray[np.float32]]]]:
    """The opened model, and the rows that it is given, block by block."""
    from smmap.features.builder import compute_features
    from smmap.pipeline.blocks import open_block
    from smmap.pipeline.load_layers import load_layers
    from smmap.pipeline.open_state import open_state
    from smmap.pipeline.pixels import take_pixels
    from smmap.pipeline.plan import plan_run
    from smmap.pipeline.recipe import load_recipe
    from smmap.pipeline.task_scenes import TaskScenes

    plan = plan_run(load_recipe(RECIPE, [f"catalog={catalog}", f"model={model}"]))

    def take() -> Iterator[NDArray[np.float32]]:
        for task in plan.tasks:
            scenes = TaskScenes(task, plan.context)
            for block in task.area.split(plan.context.block_size):
                inputs = open_block(block, scenes, plan.context, {})
                for unit in task.units:
                    layers = load_layers(unit, block, inputs, plan.context)
                    features = compute_features(state.card, layers)
                    yield take_pixels(features, layers, (), state.card)[1]

    with open_state(plan.context, scratch, model_threads=threads) as state:
        yield state.model.estimate, take()


def map_plainly(catalog: str, model: str, out: str, threads: int) -> dict[str, Any]:
    """The same map by the plain script."""
    from smmap.bench.plain_tile import map_scene

    start = time.perf_counter()
    map_scene(Path(catalog), Path(model), Path(out), threads)
    return {"seconds": time.perf_counter() - start}
