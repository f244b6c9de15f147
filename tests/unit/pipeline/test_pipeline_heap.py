"""Memory between tasks."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from smmap.pipeline.heap import give_back_memory

STATUS = Path("/proc/self/status")
PIECES, PIECE_BYTES = 4000, 50_000


def read_resident_bytes():
    return int(STATUS.read_text().split("RssAnon:")[1].split()[0]) * 1024


needs_glibc = pytest.mark.skipif(
    not STATUS.exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="needs Linux and glibc",
)


@needs_glibc
def test_what_is_free_between_pieces_in_use_goes_back():
    pieces = [np.ones(PIECE_BYTES, np.uint8) for _ in range(PIECES)]
    kept = pieces[::20]
    del pieces
    before = read_resident_bytes()
    give_back_memory()
    assert before - read_resident_bytes() > PIECES * PIECE_BYTES / 2
    assert all(one.all() for one in kept)


_ROUNDS = """
import resource, sys
from smmap.pipeline.heap import keep_memory
keep_memory()
def fill():
    return [bytearray(30 * 2**20) for _ in range(3)]
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@needs_glibc
def test_arrays_lie_where_those_lay_that_were_freed():
    """Else each round has the system clear 90 MB: 23,000 pages, or 45 huge ones.

    Dask has its workers return what is free beyond 64 kB.
    """
    told = subprocess.run(
        [sys.executable, "-c", _ROUNDS],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536"},
    )
    assert int(told.stdout) < 200
