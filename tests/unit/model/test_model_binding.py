"""Buffers that stay on a device: here the processor, and a GPU where there is one."""

import ctypes
import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime as ort
import pytest
from tree_files import make_forest, make_pixels, write_forest

from smmap.data import get_folder
from smmap.model.binding import Binding
from smmap.model.open_session import open_session
from smmap.model.package import load_model
from smmap.model.page_locked import allocate_locked, find_runtime
from smmap.model.runtime import open_runtime
from smmap.trees.engine import load_engine

PHYSICS = get_folder("models") / "physics" / "model.onnx"
on_a_gpu = pytest.mark.skipif(
    "CUDAExecutionProvider" not in ort.get_available_providers(),
    reason="this ONNX Runtime has no CUDA provider",
)


def make_batches(count):
    return np.random.default_rng(1).random((count, 64, 3), dtype=np.float32)


def test_threads_do_not_mix_their_batches():
    session = open_runtime(str(PHYSICS), "physics", "cpu")
    batches = make_batches(60)
    binding = Binding(session, "cpu", ("inputs", (64, 3), np.float32), {})
    expected = [session.run(None, {"inputs": batch})[0] for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(binding.run, batches))
    np.testing.assert_array_equal(found, expected)


def test_memory_that_may_be_locked_lives_as_long_as_a_part_of_it():
    part = allocate_locked((1000, 3), np.int32)[10:, 1]
    gc.collect()
    part += 7
    assert part.sum() == 7 * 990
    assert not allocate_locked((1000, 3), np.int32).any()


@pytest.mark.gpu
@on_a_gpu
def test_batches_lie_in_locked_memory():
    load_model("physics", "cuda")  # which loads CUDA's runtime
    runtime, flags = find_runtime(), ctypes.c_uint()
    locked = allocate_locked((64, 3), np.float32)
    address = ctypes.c_void_p(locked.ctypes.data)
    assert runtime is not None
    assert runtime.cudaHostGetFlags(ctypes.byref(flags), address) == 0


@pytest.mark.gpu
@on_a_gpu
def test_a_network_on_the_gpu():
    pixels = make_batches(700).reshape(-1, 3) * [-15, 40, 1]
    model = load_model("physics", "cuda")
    assert model.placement.got == "cuda"
    expected = load_model("physics", "cpu").predict(pixels)
    found = model.predict(pixels)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(model.predict(pixels[:9]), found[:9])


@pytest.mark.gpu
@on_a_gpu
def test_trees_on_the_gpu(tmp_path):
    """Leaves whose sums are exact: bit for bit, so every comparison is the processor's."""
    rng = np.random.default_rng(2)
    forest = make_forest(rng, trees=600, depth=9)
    path = write_forest(forest, tmp_path / "m.onnx")
    session = open_session(path, "cuda", None)
    assert session.placement.got == "cuda"
    pixels = make_pixels(rng, forest, 50_000)
    np.testing.assert_array_equal(session.run(pixels), load_engine(path).predict(pixels))
