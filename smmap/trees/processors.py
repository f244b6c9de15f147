"""How many threads are worth it."""

from __future__ import annotations

import os
from pathlib import Path

CONTROL_GROUP = Path("/sys/fs/cgroup")
"""Where Linux says how much of the processors a container may use."""


def count_processors(control_group: Path = CONTROL_GROUP) -> int:
    """Processors that this process may use: those it may run on, and no more than its quota.

    A container that is given two processors' time may still run on all of a machine's; a thread
    for each of these would spend most of its time stopped.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    there = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = _read_quota(control_group)
    return there if quota is None else max(1, min(there, round(quota)))


def _read_quota(control_group: Path) -> float | None:
    """Processors' time a second; None: no bound, or nothing says so."""
    first = control_group / "cpu"
    for places in (
        [control_group / "cpu.max"],
        [first / "cpu.cfs_quota_us", first / "cpu.cfs_period_us"],
    ):
        try:
            quota, period = " ".join(place.read_text() for place in places).split()
            if quota not in ("max", "-1"):
                return int(quota) / int(period)
        except (OSError, ValueError, ZeroDivisionError):
            continue
    return None
