"""Processes that are killed at a moment which is seen, not guessed: the clock tells of the load."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_LOOK_S = 0.002


def choose_counts(total: int, times: int, seed: int) -> list[int]:
    """Counts below ``total``, one after another: how much is there when a process is killed."""
    return sorted(random.Random(seed).sample(range(1, total), times))


def kill_at(process: ForkServerProcess, wanted: int, count: Callable[[], int]) -> bool:
    """Kill it once there is as much as ``wanted``; whether it had not come to its end by then."""
    while process.is_alive() and count() < wanted:
        time.sleep(_LOOK_S)
    process.kill()
    process.join()
    return process.exitcode != 0


def count_files(folder: Path) -> int:
    """All below a folder, some of which come and go."""
    return sum(len(files) for _, _, files in os.walk(folder))
