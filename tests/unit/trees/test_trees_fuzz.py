import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_damage_crashes_or_hangs(tmp_path, seed):
    command = [sys.executable, "-W", "error"]
    done = subprocess.run(
        [*command, Path(__file__).with_name("fuzz_trees.py"), tmp_path, str(seed), "1500"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    opened, refused = map(int, done.stdout.split())
    assert opened > 150
    assert refused > 1000
    assert opened + refused > 1450  # the rest cannot be written; an error names its file
