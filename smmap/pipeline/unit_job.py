"""A run as workers know it: from a task to its receipts, in any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from smmap.pipeline.context import Context
from smmap.pipeline.failure import find_receipt
from smmap.pipeline.open_state import open_state
from smmap.pipeline.run_state import RunState
from smmap.pipeline.stages import run_task
from smmap.pipeline.unfinished import keep_unfinished
from smmap.spec.cluster import Cluster
from smmap.spec.errors import StoreError
from smmap.spec.unit import Receipt, Task
from smmap.stack.read_meter import meter_reads
from smmap.store.folder import FolderOutput
from smmap.store.network import use_network


@dataclass(frozen=True)
class Finished:
    """What a task leaves."""

    receipts: tuple[Receipt, ...]
    """Of all its units; from a worker without overpasses, which the driver knows."""
    bytes_read: int = 0
    """Of source pixels, uncompressed."""


@dataclass(frozen=True)
class UnitJob:
    """Maps the units of a task; see `Job`."""

    context: Context
    """The recipe with everything it names; ``threads`` are those of one task on one worker."""
    out: str
    """Address of the output; of a folder the absolute path."""
    staging: Path | None
    """The driver's own folder in it, where the output is a folder: a worker that does not see it
    writes elsewhere."""
    force: bool
    """As of ``run``."""
    model_threads: int | None
    """As of ``open_state``."""

    @contextmanager
    def open(self) -> Iterator[Callable[[Task], Finished]]:
        """What maps a task."""
        if self.staging is not None and not self.staging.is_dir():
            from smmap.crew.worker import tell_host

            raise StoreError(
                f"{tell_host()} does not see {self.out}; choose an output on a file system that "
                "all workers share under the same name"
            )
        recipe = self.context.recipe
        use_network(offline=recipe.offline, cache=recipe.cache)
        with open_state(
            self.context, self.out, force=self.force, model_threads=self.model_threads
        ) as state:
            yield lambda task: _finish(task, state)


def _finish(task: Task, state: RunState) -> Finished:
    with meter_reads() as meter:
        receipts = tuple(replace(one, overpass=None) for one in _run_rest(task, state))
    return Finished(receipts, meter.bytes)


def _run_rest(task: Task, state: RunState) -> list[Receipt]:
    """Map what nobody has committed since it was planned: a rival, or a worker that was killed."""
    if state.force:
        return run_task(task, state)
    rest = keep_unfinished(task, state)
    left = {unit.id for unit in rest.units}
    there = [find_receipt(unit, state) for unit in task.units if unit.id not in left]
    return there + (run_task(rest, state) if left else [])


def describe_job(cluster: Cluster | None, state: RunState) -> UnitJob:
    """What workers are told of a run, and how many threads each may use."""
    address, in_folder = state.store.address, isinstance(state.store, FolderOutput)
    recipe, threads, model_threads = state.recipe, state.recipe.threads, None
    if cluster is not None:
        from smmap.crew.cluster import share_cores

        cores = share_cores(cluster) or threads
        threads = threads if "threads" in recipe.model_fields_set else cores
        model_threads = max(1, cores // threads)
    return UnitJob(
        replace(
            state.context,
            recipe=recipe.model_copy(update={"threads": threads, "cluster": None}),
            model_folder=state.context.package.resolve(),
        ),
        str(Path(address).resolve()) if in_folder else address,
        state.staging.resolve() if in_folder else None,
        state.force,
        model_threads,
    )
