"""An installation without a C compiler: the same maps, and what needs a kernel says so."""

import subprocess
import sys

import numpy as np
from recorded import digest_pixels
from small_world import SmallWorld

import smmap
from smmap.store.open import open_output_store

BLOCK = (
    "import sys\n"
    "for room in ('features', 'product', 'stack', 'trees'):\n"
    "    sys.modules[f'smmap.{room}._kernel'] = None\n"
)


def run(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_maps_have_the_same_bytes(tmp_path):
    world = SmallWorld(tmp_path / "scenes")
    rng = np.random.default_rng(0)
    shape = (world.size, world.size)
    world.add_radar("S1A_ONE", vv=rng.gamma(5, 0.02, shape), vh=rng.gamma(5, 0.004, shape))
    world.add_optical("S2_CLEAR", days=0.5, nir=rng.uniform(0.1, 0.4, shape))
    changes = [f"catalog={world.write()}", "sources.dem=null"]
    smmap.run("local-stac", tmp_path / "with", changes=changes)
    done = run(
        BLOCK + "import smmap\n"
        "smmap.run('local-stac', sys.argv[1], changes=sys.argv[2:])\n"
        "from smmap.trees.kernels import list_kernels\n"
        "print(list_kernels())\n",
        tmp_path / "without",
        *changes,
    )
    assert done.stdout.endswith("[]\n"), done.stderr
    found, expected = (
        digest_pixels(open_output_store(tmp_path / name)) for name in ("without", "with")
    )
    assert found == expected
    assert any(name.endswith(".tif") for name in expected)


def test_its_benchmark_says_what_is_missing():
    done = run(
        BLOCK + "sys.argv[1:] = ['bench', 'trees', '--quick']\n"
        "from smmap.cli.app import main\n"
        "main()\n"
    )
    assert done.stderr.splitlines()[-1].startswith("smmap: the tree engine was not built")
