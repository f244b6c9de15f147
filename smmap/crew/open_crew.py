"""Gathers who will do a run's work, as its recipe says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager

from smmap.crew.crew import Crew, SoloCrew, ThreadCrew
from smmap.crew.job import Job, P, R
from smmap.spec.cluster import Cluster, LocalCluster

_LOCAL_WAIT_S = 60.0


@contextmanager
def open_crew(
    cluster: Cluster | None, job: Job[P, R], needed: int, *, threads: int = 1
) -> Iterator[Crew[P, R]]:
    """Only this process, or the workers of a cluster, for as long as they are needed.

    Parameters
    ----------
    cluster
        None: this process.
    job
        What all pieces share.
    needed
        Bytes that the largest piece takes of a worker's memory.
    threads
        Pieces at once in this process; without meaning on a cluster.
    """
    if cluster is None:
        with job.open() as work:
            if threads == 1:
                yield SoloCrew(work)
                return
            with closing(ThreadCrew(work, threads)) as crew:
                yield crew
        return
    # Not before it is needed: Dask takes its time.
    from smmap.crew.cluster import has_pages, open_client
    from smmap.crew.dask_crew import DaskCrew
    from smmap.crew.worker import Terms

    recycle = cluster.recycle if isinstance(cluster, LocalCluster) else None
    terms = Terms(job, logging.getLogger("smmap").getEffectiveLevel(), recycle)
    with open_client(cluster) as client:
        local = isinstance(cluster, LocalCluster)
        many: DaskCrew[P, R] = DaskCrew(
            client,
            terms,
            getattr(cluster, "wait_s", _LOCAL_WAIT_S),
            None if local else getattr(cluster, "workers", 1),
            pages=has_pages(cluster),
        )
        many.reserve_memory(needed)
        try:
            yield many
        except BaseException:
            many.cancel()
            raise
        finally:
            many.close()
