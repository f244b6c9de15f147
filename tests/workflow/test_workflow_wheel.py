"""The built wheel, installed elsewhere, carries everything it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from made_once import make_once
from small_world import SmallWorld
from tree_files import Forest, Leaf, write_forest

REPOSITORY = Path(__file__).parents[2]


KERNELS = tuple(
    f"smmap/{room}/_kernel.abi3.so" for room in ("features", "product", "stack", "trees")
)


def build_wheel(folder: Path, **environment: str) -> Path:
    # From a copy: a build leaves files behind, and old ones would find their way into the wheel.
    ignored = (".*", "build", "dist", "tests", "demo-output", "__pycache__", "*.so")
    source = shutil.copytree(REPOSITORY, folder / "source", ignore=shutil.ignore_patterns(*ignored))
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder)]
    settings = {**os.environ, **environment}
    subprocess.run([*command, str(source)], check=True, capture_output=True, env=settings)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path) -> Path:
    site = wheel.parent / "site"
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(site)]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    return site


def write_quick_compiler(folder: Path) -> Path:
    """The compiler, told not to optimise: what is tested here is that the kernels are built."""
    folder.mkdir()
    script = folder / "quick-cc"
    script.write_text(f'#!/bin/sh\nexec {sysconfig.get_config_var("CC")} "$@" -O0\n')
    script.chmod(0o755)
    return script


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The folder that holds the wheel and ``site``, where it was installed."""

    def build(folder: Path) -> None:
        install(build_wheel(folder, CC=str(write_quick_compiler(folder))))

    return make_once(tmp_path_factory, "wheel", build)


@pytest.fixture(scope="module")
def installed(built) -> Path:
    """A folder into which the wheel was unpacked, as an installer would."""
    return built / "site"


def test_the_wheel_carries_what_is_needed(built):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "smmap/data/catalogs/local-sentinel-1.yaml",
        "smmap/data/pipelines/local-stac.yaml",
        "smmap/data/models/physics/model.onnx",
        "smmap/report/run_report.html",
        "smmap/report/style.html",
        "smmap/report/validation_report.html",
        "smmap/py.typed",
        *KERNELS,
    ):
        assert needed in names


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


def test_without_a_compiler_all_but_the_kernels_is_there(tmp_path):
    wheel = build_wheel(tmp_path, CC="/bin/false")
    assert not {*KERNELS} & {*zipfile.ZipFile(wheel).namelist()}
    site = install(wheel)
    script = (
        "import smmap, sys\n"
        "from smmap.features import speckle\n"
        "from smmap.product import overview\n"
        "from smmap.stack.native import HAS_KERNEL\n"
        "from smmap.trees.kernels import list_kernels\n"
        f"assert smmap.__file__.startswith({str(site)!r}) and not list_kernels()\n"
        "assert not HAS_KERNEL and not speckle.HAS_KERNEL and not overview.HAS_KERNEL\n"
        "print(smmap.load_model('physics').placement.engine)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("onnxruntime")


def test_the_installed_kernel_predicts(installed, tmp_path):
    path = write_forest(Forest([Leaf({0: 0.25}), Leaf({0: 0.5})], 1), tmp_path / "model.onnx")
    script = (
        "import smmap, sys\n"
        f"assert smmap.__file__.startswith({str(installed)!r}), smmap.__file__\n"
        "model = smmap.load_model(sys.argv[1])\n"
        "print(model.placement.engine, model.predict([[1.0]])[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path],
        cwd=tmp_path,
        env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("smmap trees")
    assert done.stdout.endswith(" 0.75\n")
