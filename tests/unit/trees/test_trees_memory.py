"""Peak memory of reading, packing and predicting large forests, each in a process of its own."""

import subprocess
import sys

import numpy as np
import pytest
from grown_forest import GrownForest

from smmap.export.write_forest import write_forest

HEAD = """
import re, sys
from pathlib import Path
import numpy as np
path = Path(sys.argv[1])
pixels = np.random.default_rng(0).random((4096, 11), dtype=np.float32)
"""
TAIL = """
status = Path("/proc/self/status").read_text()
print(re.search(r"VmHWM:\\s+(\\d+)", status)[1], repr(float(found.sum(dtype=np.float64))))
"""
PACK = """
from smmap.store.checksum import compute_sha256
from smmap.trees.engine import TreeEngine
from smmap.trees.write_packed import _write
from smmap.trees.packed import read_packed
to = path.with_name("packed")
_write(path, compute_sha256(path), to)
found = TreeEngine(read_packed(np.fromfile(to, np.uint8)), threads=1).predict(pixels[:64])
"""
PREDICT = """
from smmap.trees.engine import load_engine
found = load_engine(path, threads=1).predict(pixels)
"""
RUNTIME = """
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
found = session.run(None, {"x": pixels})[0]
"""


def measure(script, path):
    """Peak resident bytes, and the sum of what was predicted."""
    command = [sys.executable, "-c", HEAD + script + TAIL, path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    peak, total = done.stdout.split()
    return int(peak) * 1024, float(total)


def test_packing_takes_some_bytes_a_node(tmp_path):
    """What a process needs for five times the nodes, without what it needs anyway.

    The packed form itself, mapped and read back, takes 16 of them.
    """
    peaks = []
    for trees in (5, 25):
        forest = GrownForest(trees, 60_000, 30)
        written = write_forest(forest, tmp_path / f"{trees}.onnx")
        peaks.append((measure(PACK, written.files[0])[0], written.nodes))
    (small, fewer), (large, more) = peaks
    assert more - fewer == 20 * 60_000 + 20  # 60001 each
    assert (large - small) / (more - fewer) < 60


@pytest.mark.slow
def test_an_eighth_of_what_onnx_runtime_takes(tmp_path):
    """A forest of nine million nodes, as deep as the published one of seventy."""
    forest = GrownForest(100, 87_500, 35)
    path = write_forest(forest, tmp_path / "m.onnx", external=True).files[0]
    first, ours = measure(PREDICT, path)  # packed by a process that it starts
    packing, _ = measure(PACK, path)
    again, same = measure(PREDICT, path)
    theirs, expected = measure(RUNTIME, path)
    mega = {"pack": packing, "first": first, "again": again, "ONNX Runtime": theirs}
    print({name: round(peak / 1e6) for name, peak in mega.items()}, "MB")  # noqa: T201
    assert ours == same
    np.testing.assert_allclose(ours, expected, rtol=1e-6)
    assert max(packing, first, again) <= theirs / 8
