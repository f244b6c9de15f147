"""What a worker has in memory before it has a task, and what a run of files never needs."""

import subprocess
import sys

from small_world import SmallWorld

HEAVY = ("xarray", "pandas", "distributed", "torch", "ee", "matplotlib", "h5netcdf", "scipy")
UNUSED = (*(set(HEAVY) - {"scipy"}), "scipy.optimize", "pystac_client", "jsonschema")


def list_modules(code):
    code = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_worker_starts_without_what_few_tasks_need():
    assert list_modules("import smmap.pipeline.unit_job").isdisjoint(HEAVY)


def test_a_run_of_files_imports_nothing_for_the_web_or_for_fitting(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_ONE")
    world.add_optical("S2_CLEAR", days=0.5)
    changes = [f"catalog={world.write()}", "sources.dem=null"]
    code = f"import smmap; smmap.run('local-stac', {str(tmp_path / 'out')!r}, changes={changes})"
    modules = list_modules(code)
    assert modules.isdisjoint(UNUSED)
    assert "smmap.sinks.cog" in modules
