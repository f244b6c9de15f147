"""The built wheel, installed elsewhere, carries everything it needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from small_world import SmallWorld

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder into which the wheel was unpacked, as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    # From a copy: a build leaves files behind, and old ones would find their way into the wheel.
    ignored = shutil.ignore_patterns(".*", "build", "dist", "tests", "demo-output", "__pycache__")
    source = shutil.copytree(REPOSITORY, folder / "source", ignore=ignored)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder)]
    subprocess.run([*command, str(source)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(site)]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "smmap/data/catalogs/local-sentinel-1.yaml",
        "smmap/data/pipelines/local-stac.yaml",
        "smmap/data/models/physics/model.onnx",
        "smmap/report/run_report.html",
        "smmap/py.typed",
    ):
        assert needed in names
    return site


def test_the_wheel_runs_from_elsewhere(installed, tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    world.add_radar("S1A_ONE")
    world.add_optical("S2_CLEAR", days=0.5)
    script = (
        "import smmap, sys\n"
        f"assert smmap.__file__.startswith({str(installed)!r}), smmap.__file__\n"
        "result = smmap.run('local-stac', 'out', changes=['catalog=' + sys.argv[1]])\n"
        "assert result.count('done') == 1\n"
        "print(float(smmap.open('out').sm.mean()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(world.write())],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 0.05 < float(done.stdout) < 0.5
