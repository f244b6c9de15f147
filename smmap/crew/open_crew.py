"""Gathers who will do a run's work, as its recipe says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from smmap.crew.crew import Crew, SoloCrew
from smmap.crew.job import Job, P, R
from smmap.spec.cluster import Cluster, LocalCluster

_LOCAL_WAIT_S = 60.0


@contextmanager
def open_crew(cluster: Cluster | None, job: Job[P, R], needed: int) -> Iterator[Crew[P, R]]:
    """Only this process, or the workers of a cluster, for as long as they are needed.

    Parameters
    ----------
    cluster
        None: this process.
    job
        What all pieces share.
    needed
        Bytes that the largest piece takes of a worker's memory.
    """
    if cluster is None:
        with job.open() as work:
            yield SoloCrew(work)
        return
    # Not before it is needed: Dask takes its time.
    from smmap.crew.cluster import open_client
    from smmap.crew.dask_crew import DaskCrew
    from smmap.crew.worker import Terms

    recycle = cluster.recycle if isinstance(cluster, LocalCluster) else None
    terms = Terms(job, logging.getLogger("smmap").getEffectiveLevel(), recycle)
    with open_client(cluster) as client:
        crew: DaskCrew[P, R] = DaskCrew(client, terms, getattr(cluster, "wait_s", _LOCAL_WAIT_S))
        crew.reserve_memory(needed)
        try:
            yield crew
        except BaseException:
            crew.cancel()
            raise
        finally:
            crew.close()
