"""What a worker has in memory before it has a task."""

import subprocess
import sys

HEAVY = ("xarray", "pandas", "distributed", "torch", "ee", "matplotlib", "h5netcdf")


def test_a_worker_starts_without_what_few_tasks_need():
    code = "import sys, smmap.pipeline.unit_job; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint(HEAVY)
