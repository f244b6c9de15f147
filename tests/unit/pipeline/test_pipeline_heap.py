"""Memory between tasks."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

from smmap.pipeline.heap import give_back_memory

STATUS = Path("/proc/self/status")
PIECES, PIECE_BYTES = 4000, 50_000


def read_resident_bytes():
    return int(STATUS.read_text().split("RssAnon:")[1].split()[0]) * 1024


@pytest.mark.skipif(
    not STATUS.exists() or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="needs Linux and glibc",
)
def test_what_is_free_between_pieces_in_use_goes_back():
    pieces = [np.ones(PIECE_BYTES, np.uint8) for _ in range(PIECES)]
    kept = pieces[::20]
    del pieces
    before = read_resident_bytes()
    give_back_memory()
    assert before - read_resident_bytes() > PIECES * PIECE_BYTES / 2
    assert all(one.all() for one in kept)
