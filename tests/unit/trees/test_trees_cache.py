import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from tree_files import (
    Forest,
    Leaf,
    make_ensemble,
    make_forest,
    make_model,
    make_pixels,
    make_regressor,
    walk,
    write_forest,
)

from smmap.spec.errors import ModelError, UnsuitedError
from smmap.store.lock import hold_lock, try_lock
from smmap.trees import _kernel, packed, write_packed
from smmap.trees.cache import open_packed
from smmap.trees.engine import TreeEngine, load_engine
from smmap.trees.way import WAYS

FOREST = make_forest(np.random.default_rng(5), trees=8, depth=6)
PIXELS = make_pixels(np.random.default_rng(6), FOREST, 50)
EXPECTED = walk(FOREST, PIXELS)


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "package").mkdir()
    return write_forest(FOREST, tmp_path / "package" / "model.onnx")


def kept(path):
    return path.with_name("model.onnx.trees")


def check(path):
    np.testing.assert_array_equal(load_engine(path).predict(PIXELS), EXPECTED)


def test_packed_once_and_mapped(path):
    check(path)
    before = kept(path).stat()
    check(path)
    assert kept(path).stat().st_mtime_ns == before.st_mtime_ns
    assert kept(path).stat().st_ino == before.st_ino
    form = open_packed(path)
    assert str(kept(path)) in Path("/proc/self/maps").read_text()
    with pytest.raises(ValueError, match="read-only"):
        form.arrays["nodes"][0] = 1


def test_opened_without_the_library_that_reads_onnx(path):
    check(path)
    script = (
        "import sys; sys.modules['onnx'] = None\n"
        "from pathlib import Path\n"
        "from smmap.trees.engine import load_engine\n"
        "load_engine(Path(sys.argv[1]))\n"
    )
    subprocess.run([sys.executable, "-c", script, path], check=True)


def test_another_model_under_the_same_name(path):
    check(path)
    other = make_forest(np.random.default_rng(9), trees=3)
    write_forest(other, path)
    np.testing.assert_array_equal(load_engine(path).predict(PIXELS), walk(other, PIXELS))


@pytest.mark.parametrize("place", [0, 30, 100, 300, packed.HEADER, packed.HEADER + 500, -1])
def test_a_damaged_form_is_made_again(path, place):
    check(path)
    data = bytearray(kept(path).read_bytes())
    whole = bytes(data)
    data[place] ^= 4
    kept(path).write_bytes(data)
    check(path)
    assert kept(path).read_bytes() == whole


@pytest.mark.parametrize("length", [0, 10, packed.HEADER - 1, packed.HEADER, -64])
def test_a_truncated_form_is_made_again(path, length):
    check(path)
    whole = kept(path).read_bytes()
    kept(path).write_bytes(whole[:length])
    check(path)
    assert kept(path).read_bytes() == whole


def test_another_version_is_made_again(path, monkeypatch):
    monkeypatch.setattr(packed, "FORMAT", packed.FORMAT - 1)
    check(path)
    old = kept(path).read_bytes()
    monkeypatch.undo()
    check(path)
    assert kept(path).read_bytes() != old


def test_a_form_that_would_lead_out_of_its_arrays_is_made_again(path):
    """Right by its checksums, wrong in itself."""
    check(path)
    whole = np.frombuffer(bytearray(kept(path).read_bytes()), np.uint8)
    form = packed.read_packed(whole)
    form.arrays["nodes"][0] |= 0xFFFFF000
    packed.write_header(whole, form)
    assert packed.read_packed(whole) is not None
    kept(path).write_bytes(whole.tobytes())
    check(path)


def test_a_folder_that_cannot_be_written(path, tmp_path):
    if os.geteuid() == 0:
        kept(path).mkdir()  # root writes everywhere: something is in the way instead
    else:
        path.parent.chmod(0o500)
    check(path)
    (form,) = (tmp_path / "cache" / "smmap" / "trees").glob("*.trees")
    before = form.stat().st_mtime_ns
    check(path)
    assert form.stat().st_mtime_ns == before


def test_nowhere_to_write(path, tmp_path):
    kept(path).mkdir()
    (tmp_path / "cache").write_text("in the way")
    check(path)


def test_a_user_without_a_home(path, monkeypatch):
    """As a container's user is that the system has no name for."""
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)
    kept(path).mkdir()
    check(path)


def build(path, barrier, results):
    barrier.wait()
    results.put(np.array_equal(load_engine(path).predict(PIXELS), EXPECTED))


def test_processes_that_build_at_once(path):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(3), context.Queue()
    processes = [context.Process(target=build, args=(path, barrier, results)) for _ in range(3)]
    for process in processes:
        process.start()
    assert all(results.get(timeout=60) for _ in processes)
    for process in processes:
        process.join()
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == [".model.onnx.trees.lock", "model.onnx", "model.onnx.trees"]


def test_a_large_file_is_packed_apart(path, monkeypatch):
    monkeypatch.setattr(write_packed, "_LARGE", 0)
    check(path)
    assert kept(path).is_file()
    attributes = make_regressor(FOREST)
    attributes["nodes_featureids"] = [7] * len(attributes["nodes_featureids"])
    path.write_bytes(make_model(attributes, features=3).SerializeToString())
    with pytest.raises(ModelError, match=r"model\.onnx: .*asks for feature 7 of 3"):
        load_engine(path)
    attributes["aggregate_function"] = "MIN"
    path.write_bytes(make_model(attributes, features=3).SerializeToString())
    with pytest.raises(UnsuitedError, match="smallest"):
        load_engine(path)
    write_forest(FOREST, path)
    kept(path).unlink()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ModelError, match="packing its trees ended with 1"):
        load_engine(path)


def test_nobody_packs_beside_one_whose_caller_was_killed(path, tmp_path):
    """As when a worker is killed for its memory, and another one takes its place."""
    began, go_on, python = tmp_path / "began", tmp_path / "go", tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\ntouch {began}\nwhile [ ! -e {go_on} ]; do sleep 0.02; done\n"
        f'exec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    code = (
        "import sys; from pathlib import Path; from smmap.trees import cache, write_packed; "
        f"write_packed._LARGE = 0; sys.executable = '{python}'; "
        f"cache.open_packed(Path('{path}'))"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as caller:
        while not began.exists() and caller.poll() is None:
            time.sleep(0.01)
        caller.kill()
    lock = path.with_name(".model.onnx.trees.lock")
    held = try_lock(lock)
    go_on.touch()
    assert held is None
    with hold_lock(lock):
        assert path.with_name(".model.onnx.trees.tmp").stat().st_size
    check(path)
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == [".model.onnx.trees.lock", "model.onnx", "model.onnx.trees"]


def test_external_tensors_are_part_of_it(tmp_path):
    attributes = make_ensemble(FOREST)
    splits = attributes["nodes_splits"]
    data = splits.raw_data
    (tmp_path / "splits.bin").write_bytes(data)
    splits.ClearField("raw_data")
    splits.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": "splits.bin", "offset": "0", "length": str(len(data))}.items():
        entry = splits.external_data.add()
        entry.key, entry.value = key, value
    model = make_model(attributes, features=3, opset=5, added=FOREST.base or None)
    path = tmp_path / "model.onnx"
    path.write_bytes(model.SerializeToString())
    check(path)
    changed = np.frombuffer(data, np.float32) + np.float32(0.25)
    (tmp_path / "splits.bin").write_bytes(changed.tobytes())
    assert not np.array_equal(load_engine(path).predict(PIXELS), EXPECTED)
    (tmp_path / "splits.bin").write_bytes(data[:-4])
    with pytest.raises(ModelError, match=r"model\.onnx"):
        load_engine(path)


def test_a_constant_in_another_file_is_part_of_it(path):
    model = make_model(make_ensemble(FOREST), features=3, opset=5, added=[0.5])
    onnx.save_model(model, path, save_as_external_data=True, location="added.bin", size_threshold=0)
    at_first = load_engine(path).predict(PIXELS)
    (path.parent / "added.bin").write_bytes(np.float32([2.5]).tobytes())
    np.testing.assert_allclose(load_engine(path).predict(PIXELS), at_first + 2, atol=1e-5)


def test_a_forest_that_lies_is_not_walked(path):
    form = load_engine(path).packed
    numbers, arrays = form.description
    assert _kernel.fits(numbers, arrays)
    for name, field, value in [
        ("trees", "first", 10**6),
        ("trees", "size", 10**6),
        ("trees", "depth", 10**6),
        ("trees", "target", 1),
        ("trees", "sort_levels", 3),
        ("columns", "first", 10**6),
        ("columns", "count", 256),
    ]:
        changed = dict(form.arrays)
        changed[name] = changed[name].copy()
        changed[name][field][0] = value
        assert not _kernel.fits(numbers, tuple(changed.values())), (name, field)
    for place in range(4):
        odd = tuple(7 if place == k else n for k, n in enumerate(numbers))
        assert place in (0, 3) or not _kernel.fits(odd, arrays)
    with pytest.raises(ValueError, match="do not fit"):
        _kernel.predict(numbers, arrays, "scalar", 0, PIXELS[:, :1].copy(), 1, np.zeros(50, "f4"))
    with pytest.raises(ValueError, match="do not fit"):
        _kernel.predict(numbers, arrays, "scalar", 0, PIXELS, 3, np.zeros(49, "f4"))
    with pytest.raises(ValueError, match="no kernel"):
        _kernel.predict(numbers, arrays, "scalar", len(WAYS), PIXELS, 3, np.zeros(50, "f4"))
    with pytest.raises(ValueError, match="no kernel"):
        _kernel.predict(numbers, arrays, "sse", 0, PIXELS, 3, np.zeros(50, "f4"))


def test_a_moved_package_keeps_its_form(path, tmp_path):
    check(path)
    moved = shutil.copytree(path.parent, tmp_path / "elsewhere")
    before = kept(moved / "model.onnx").stat().st_mtime_ns
    check(moved / "model.onnx")
    assert kept(moved / "model.onnx").stat().st_mtime_ns == before
    assert TreeEngine(open_packed(path)).threads >= 1


def test_a_forest_that_calls_its_trees_too_shallow_stays_inside(tmp_path):
    """Rows would stop at a branch, whose cut is no number of a leaf row."""
    rng = np.random.default_rng(1)
    forest = make_forest(rng, trees=12, depth=6, features=40, targets=2, dense=True, missing=False)
    numbers, arrays = load_engine(write_forest(forest, tmp_path / "m.onnx")).packed.description
    changed = [array.copy() for array in arrays]
    trees = changed[list(packed.SECTIONS).index("trees")]
    trees["depth"] = trees["steady"] = trees["sort_levels"] = 0
    pixels = make_pixels(rng, forest, 64)
    sums = np.full((64, 2), 9, np.float32)
    assert numbers[0], "ranks hold no cuts"
    _kernel.predict(numbers, tuple(changed), "scalar", 0, pixels, 40, sums)
    leaves = [tree for tree in forest.trees if isinstance(tree, Leaf)]
    alone = walk(Forest(leaves, 40, 2, forest.base), pixels[:1])
    np.testing.assert_array_equal(sums, np.repeat(alone, 64, axis=0))
