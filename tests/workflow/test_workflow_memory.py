"""What a run takes of memory: run with ``-m slow -s`` to see the figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_world import SmallWorld

TOLERANCE_MB = 64
"""Between runs of different extent: small areas fill neither GDAL's cache nor a sink's windows."""

_SCRIPT = """
import json, sys
from pathlib import Path
from smmap.pipeline.estimate import estimate_plan
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
from smmap.pipeline.run import run_plan
plan = plan_run(load_recipe("local-stac", sys.argv[2:]))
result = run_plan(plan, sys.argv[1])
# The kernel hands a parent's ru_maxrss on to its child; VmHWM is the process's own.
status = Path("/proc/self/status").read_text()
print(json.dumps({
    "done": result.count("done"),
    "peak_mb": int(status.split("VmHWM:")[1].split()[0]) / 1024,
    "estimated_mb": estimate_plan(plan, rate=1.0)["totals"]["memory_bytes"] / 2**20,
}))
"""

pytestmark = [
    pytest.mark.skipif(
        not Path("/proc/self/status").exists(), reason="reads peak memory from /proc"
    ),
    pytest.mark.slow,
]


def measure(folder, *, size, dates):
    world = SmallWorld(folder / "scenes", size=size, tile=256)
    for date in range(dates):
        world.add_radar(f"S1A_{date}", days=date, orbit=1 + date)
    for date in range(-10, dates + 10, 5):
        world.add_optical(f"S2_{date}", days=date)
    changes = ["block=512", "batch=6", "threads=2", "optical.window_days=10"]
    command = [sys.executable, "-c", _SCRIPT, str(folder / "out"), *changes]
    command.append(f"catalog={world.write()}")
    # What C's allocator keeps for each thread of what was given back is not ours to measure.
    surroundings = os.environ | {"MALLOC_ARENA_MAX": "2"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=surroundings)
    figures = json.loads(done.stdout)
    sys.stdout.write(f"\n{size}^2, {dates} dates: {json.dumps(figures)}")
    assert figures["done"] == dates
    assert figures["peak_mb"] < figures["estimated_mb"]
    return figures["peak_mb"]


def test_memory_follows_the_block_and_not_the_area(tmp_path):
    """Six overpasses of 4096 x 4096 are 600 MB of packed pixels.

    A sink fills its window from 2048 x 2048 on.
    """
    small, large = (measure(tmp_path / str(size), size=size, dates=6) for size in (2048, 4096))
    assert large - small < TOLERANCE_MB


def test_memory_follows_the_block_and_not_the_span(tmp_path):
    """A batch, and seventeen."""
    few, many = (measure(tmp_path / str(dates), size=1024, dates=dates) for dates in (6, 100))
    assert many - few < TOLERANCE_MB
