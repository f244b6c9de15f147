"""In a process of its own: what is frozen stays so."""

import subprocess
import sys

SCRIPT = """
import gc
from smmap.cli.imports import importing

def count():
    return sum(one["collections"] for one in gc.get_stats())

gc.collect()
before, frozen = count(), gc.get_freeze_count()
try:
    with importing():
        kept = [[number] for number in range(10_000)]
        print(count() - before)
        raise ImportError
except ImportError:
    print(gc.isenabled(), gc.get_freeze_count() - frozen >= 10_000)
more = [[number] for number in range(10_000)]
print(count() > before)
"""


def test_garbage_is_looked_for_again_after_imports_that_fail_too():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "True", "True", "True"]
