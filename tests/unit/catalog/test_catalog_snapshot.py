"""Items on a disk of temporary files that becomes full."""

from __future__ import annotations

import os
import random

import pytest
from full_disk import LimitedDisk

from smmap.catalog.stored_item import Snapshot
from smmap.spec.errors import StoreError


@pytest.fixture
def full(tmp_path):
    """Of this very process, for as long as a test writes nothing else."""
    disk = LimitedDisk(tmp_path)
    disk.fill([os.getpid()])
    yield
    disk.free([os.getpid()])


@pytest.mark.parametrize("size", [2_000, 200_000])
def test_a_full_disk_is_said_and_nothing_more(full, size):
    snapshot = Snapshot()
    content = random.Random(0).randbytes(size)
    with pytest.raises(StoreError, match="free space"):
        snapshot.add(content)()
    # An error of the file's own end would be a warning, and so a failure.
    del snapshot
