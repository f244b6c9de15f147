"""What is made of a unit before it can be committed, in steps that do not wait for each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from smmap.pipeline.lineage import list_attributions
from smmap.pipeline.run_state import RunState
from smmap.pipeline.staged import StagedUnit
from smmap.pipeline.statistics import compute_statistics
from smmap.product.names import compute_file_stem
from smmap.sinks.registry import list_jobs
from smmap.sinks.sink import Finished
from smmap.spec.unit import Unit
from smmap.store.atomic import report_store_errors

Step = Callable[[], None]


class Draft:
    """A unit's figures and files, in the run's staging folder; steps may run in several threads."""

    def __init__(self, unit: Unit, staged: StagedUnit, run: RunState) -> None:
        self.started = time.monotonic()
        """When it was begun, on the monotonic clock, seconds."""
        self.folder = staged.folder / "files"
        """Holds all files, and nothing else."""
        self.incidence_deg = staged.incidence_deg
        """At the middle of the area; None where the radar saw nothing there."""
        self.figures = compute_statistics(staged.tallies)
        """Of the unit's pixels."""
        self.content: str | None = None
        """Digest of the pixels, where what is committed is mapped again; set by a step."""
        self._files: dict[int, dict[str, Path]] = {}
        self._lock = threading.Lock()
        with report_store_errors(str(self.folder)):
            self.folder.mkdir()
        finished = Finished(
            stem=compute_file_stem(unit.tile.id, unit.overpass, run.context.grid.resolution_label),
            overpass=unit.overpass,
            area=unit.area,
            packed={layer: staged.get(layer) for layer in run.layers},
            depth_m=run.card.output.depth,
            tallies=staged.tallies,
            tags={
                "SMMAP_UNIT": unit.id,
                "SMMAP_FINGERPRINT": unit.fingerprint,
                "ATTRIBUTION": "; ".join(list_attributions(run.context)),
            },
        )
        jobs = list_jobs(run.recipe.outputs, finished) if self.figures["valid"] else []
        self.steps: list[Step] = [partial(self._look, staged, digest=run.force)]
        """All there is to do, in any order; each is for `take`."""
        self.steps += [partial(self._write, place, job) for place, job in enumerate(jobs)]
        self._left = len(self.steps)

    def take(self, step: Step) -> bool:
        """Do one of the steps; True for the one with which all are done."""
        step()
        with self._lock:
            self._left -= 1
            return self._left == 0

    def list_files(self) -> dict[str, str]:
        """Paths within the folder by asset name, whichever step was faster."""
        written = {
            name: path for _, one in sorted(self._files.items()) for name, path in one.items()
        }
        return {name: path.relative_to(self.folder).as_posix() for name, path in written.items()}

    def _look(self, staged: StagedUnit, *, digest: bool) -> None:
        self.content = staged.compute_digest() if digest else None

    def _write(self, place: int, job: Callable[[Path], dict[str, Path]]) -> None:
        self._files[place] = job(self.folder)
