"""Replaces worker processes of this machine: those that are worn, and those that ended for good."""

from __future__ import annotations

from distributed import LocalCluster
from distributed.core import Status

_ENDED = (Status.closing, Status.closed, Status.failed)


class Renewal:
    """Keeps a cluster of this machine at as many workers as it was started with.

    A worker gives way to another one of another name. Starting it anew under its own name, as
    ``Client.restart_workers`` does, is not sound: of each worker that leaves, the cluster looks a
    while later (``distributed.deploy.lost-worker-timeout``) whether its name is there; where the
    same worker is being started anew at that moment once more, the cluster ends it for good.

    Parameters
    ----------
    cluster
        Running.
    """

    def __init__(self, cluster: LocalCluster) -> None:
        self._cluster = cluster
        self._count = len(cluster.worker_spec)

    def replace(self, address: str) -> None:
        """Let a worker go, in the background, and start another one.

        Parameters
        ----------
        address
            Of the worker; nothing happens if it has ended by itself.
        """
        self._cluster.loop.add_callback(self._replace, address)

    def replace_ended(self) -> None:
        """Start others for workers that nobody starts anew: what watched them has ended, too."""
        self._cluster.loop.add_callback(self._replace_ended)

    def _replace(self, address: str) -> None:
        # Not the cluster's own list: there a worker comes some time after it began to work.
        if (worker := self._cluster.scheduler.workers.get(address)) is not None:
            self._let_go([worker.name])

    def _replace_ended(self) -> None:
        there = self._cluster.workers
        ended = [name for name, nanny in there.items() if nanny.status in _ENDED]
        if ended or len(there) < self._count:
            self._let_go(ended)

    def _let_go(self, names: list[int]) -> None:
        """End these workers, and start as many others."""
        wanted = self._cluster.worker_spec
        for name in wanted.keys() & names:
            wanted.update(self._cluster.new_worker_spec())  # before: else its name is taken again
            del wanted[name]
        self._cluster.scale(self._count)
