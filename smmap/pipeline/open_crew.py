"""Gathers who will do a run's tasks, as its recipe says."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from smmap.pipeline.crew import Crew, SoloCrew
from smmap.pipeline.memory import estimate_task_memory
from smmap.pipeline.run_state import RunState
from smmap.spec.cluster import Cluster, LocalCluster
from smmap.spec.unit import Task
from smmap.store.folder import FolderOutput

if TYPE_CHECKING:
    from smmap.pipeline.worker import Job

_LOCAL_WAIT_S = 60.0


@contextmanager
def open_crew(tasks: Sequence[Task], state: RunState) -> Iterator[Crew]:
    """A crew of this process alone, or of the recipe's cluster for as long as it is needed."""
    cluster = state.recipe.cluster
    if cluster is None or not tasks:
        yield SoloCrew(state)
        return
    from smmap.pipeline.cluster import open_client
    from smmap.pipeline.dask_crew import DaskCrew

    job = _describe_job(cluster, state)
    threads = job.context.recipe.threads
    most = max(estimate_task_memory(task, state.context, threads) for task in tasks)
    with open_client(cluster) as client:
        crew = DaskCrew(client, job, getattr(cluster, "wait_s", _LOCAL_WAIT_S))
        crew.reserve_memory(most)
        try:
            yield crew
        except BaseException:
            crew.cancel()
            raise
        finally:
            crew.close()


def _describe_job(cluster: Cluster, state: RunState) -> Job:
    """What workers are told: the run, and how many threads each may use."""
    from smmap.pipeline.cluster import share_cores
    from smmap.pipeline.worker import Job

    address, in_folder = state.store.address, isinstance(state.store, FolderOutput)
    recipe, cores = state.recipe, share_cores(cluster)
    told = "threads" in recipe.model_fields_set
    threads = recipe.threads if told or cores is None else cores
    model_threads = max(1, cores // threads) if cores is not None else 1
    context = replace(
        state.context,
        recipe=recipe.model_copy(update={"threads": threads, "cluster": None}),
        package=state.context.package.resolve(),
    )
    return Job(
        context,
        str(Path(address).resolve()) if in_folder else address,
        state.staging.resolve() if in_folder else None,
        state.force,
        model_threads,
        logging.getLogger("smmap").getEffectiveLevel(),
        cluster.recycle if isinstance(cluster, LocalCluster) else None,
    )
