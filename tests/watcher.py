"""Looks at an output again and again while others write it; a process of its own.

``python watcher.py OUT`` goes on until its input ends, then prints what it saw as JSON. Each look
verifies all that the catalogue reaches, and reads once more all that it opened before: the arrays
of a generation must not change under a reader, and its time axis increases strictly.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dask
import numpy as np
import xarray as xr

import smmap
from smmap.archive.verify import verify_output
from smmap.spec.errors import ArchiveError
from smmap.store.open import open_output_store

PAUSE_S = 1.0
LATEST = 2
"""Besides the first one, so many openings stay open."""


@dataclass
class Watch:
    """What a watcher saw."""

    looks: int = 0
    generations: int = 0
    problems: list[str] = field(default_factory=list)


class Opening:
    """An output as it was opened at one moment."""

    def __init__(self, out: str) -> None:
        opened = smmap.open(out)
        trees = opened.leaves if isinstance(opened, xr.DataTree) else []
        self._datasets = [one.to_dataset() for one in trees] or [opened]
        self.digest = self._compute_digest()

    def find_problems(self) -> Iterator[str]:
        if self._compute_digest() != self.digest:
            yield "the arrays of an open cube have changed"
        for one in self._datasets:
            if not (np.diff(one.time.values) > np.timedelta64(0)).all():
                yield f"a time axis that does not increase: {one.time.values}"

    def _compute_digest(self) -> str:
        digest = hashlib.sha256()
        for one in self._datasets:
            for name in sorted(str(key) for key in one.variables):
                digest.update(name.encode() + np.ascontiguousarray(one[name].values).tobytes())
        return digest.hexdigest()


def main(out: str) -> None:
    watch, openings, seen = Watch(), [], set()
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    dask.config.set(scheduler="synchronous")
    while not over.is_set() and not watch.problems:
        try:
            watch.problems += look(out, openings)
        except Exception:  # noqa: BLE001 (whatever a reader meets is what it saw)
            watch.problems.append(traceback.format_exc())
        watch.looks += 1
        seen |= {one.digest for one in openings}
        del openings[1:-LATEST]
        over.wait(PAUSE_S)
    watch.generations = len(seen)
    sys.stdout.write(json.dumps(vars(watch)))


def look(out: str, openings: list[Opening]) -> list[str]:
    store = open_output_store(out)
    if store.read("catalog.json") is None:
        return []
    # What a run that was stopped has not linked yet is what the next run does.
    problems = [one for one in verify_output(store) if "any run repairs" not in one]
    try:
        openings.append(Opening(out))
    except ArchiveError as error:
        if "holds no cube" not in str(error):
            problems.append(str(error))
    return problems + [one for opening in openings for one in opening.find_problems()]


@contextmanager
def watching(out: str, environment: Any = None) -> Iterator[Watch]:
    """Have an output watched; what was seen is known after the end."""
    command = [sys.executable, __file__, out]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    watch = Watch()
    try:
        yield watch
    finally:
        said, _ = process.communicate(timeout=120)
        vars(watch).update(json.loads(said))


if __name__ == "__main__":
    main(sys.argv[1])
