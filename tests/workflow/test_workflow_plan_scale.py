"""What planning a thousand tiles over a year takes: run with ``-m slow -s`` to see the figures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from smmap.simulate.catalogue import simulate_catalogue

_SCRIPT = """
import json, sys, time
from pathlib import Path
from smmap.pipeline.plan import plan_run
from smmap.pipeline.recipe import load_recipe
box = tuple(float(side) for side in sys.argv[2].split(","))
started, cpu = time.perf_counter(), time.process_time()
plan = plan_run(load_recipe("local-stac", [f"catalog={sys.argv[1]}"], bbox=box))
# The kernel hands a parent's ru_maxrss on to its child; VmHWM is the process's own.
status = Path("/proc/self/status").read_text()
print(json.dumps({
    "seconds": time.perf_counter() - started,
    "cpu_seconds": time.process_time() - cpu,
    "peak_mb": int(status.split("VmHWM:")[1].split()[0]) / 1024,
    "tiles": len(plan.found.tiles),
    "units": len(plan.units),
    "scenes": {key: len(found) for key, found in plan.found.candidates.items()},
}))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads peak memory from /proc")
@pytest.mark.slow
def test_a_thousand_tiles_over_a_year(tmp_path):
    summary = simulate_catalogue(tmp_path / "scenes", tiles=1000, days=365)
    box = ",".join(map(str, summary.bbox))
    command = [sys.executable, "-c", _SCRIPT, str(summary.folder / "catalog.json"), box]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    sys.stdout.write(json.dumps(figures, indent=1))
    assert figures["tiles"] == summary.tiles >= 1000
    assert figures["units"] > 100_000
    assert figures["peak_mb"] < 1000
    assert figures["cpu_seconds"] < 120
