"""A remote raster that one thread opens, others read and another closes."""

import subprocess
import sys

import numpy as np
from page_server import serve_pages

SCRIPT = """
import gc, sys, threading
from contextvars import copy_context
import numpy as np
from smmap.spec.band import Band
from smmap.spec.tile import Block
from odc.geo.geobox import GeoBox
from affine import Affine
from smmap.stack.file_cache import keep_files
from smmap.stack.raster import load_raster

band = Band("vv", sys.argv[1], "1")
whole = Block.whole(GeoBox((512, 512), Affine(10, 0, 600000, 0, -10, 5100000), "EPSG:32632"))
found = []

def read_all():
    # Each part in a context of its own, which ends with it.
    with keep_files():
        for part in whole.split(128):
            job = threading.Thread(
                target=copy_context().run, args=(lambda: found.append(load_raster(band, part)),)
            )
            job.start()
            job.join()
            gc.collect()

# A new thread's context holds nothing of what importing has set.
thread = threading.Thread(target=read_all)
thread.start()
thread.join()
np.save(sys.argv[2], [one.values for one in found])
"""


def test_a_file_outlives_the_context_that_opened_it(tmp_path, write_tif):
    values = np.random.default_rng(0).random((512, 512)).astype(np.float32)
    write_tif(tmp_path / "a.tif", values, tiled=True, blockxsize=64, blockysize=64)
    with serve_pages(tmp_path) as server:
        command = [sys.executable, "-c", SCRIPT, f"{server.address}/a.tif"]
        command.append(str(tmp_path / "found.npy"))
        done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    parts = values.reshape(4, 128, 4, 128).swapaxes(1, 2).reshape(16, 128, 128)
    np.testing.assert_array_equal(np.load(tmp_path / "found.npy"), parts)
