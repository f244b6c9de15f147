"""Many processes, here or on other machines, through a Dask scheduler."""

from __future__ import annotations

import logging
import queue
import time
import traceback
import uuid
from contextlib import suppress
from typing import Any, NoReturn

from distributed import Client, Future, KilledWorker, LocalCluster
from distributed.client import FutureCancelledError

from smmap.crew.crew import Crew
from smmap.crew.job import Outcome, P, R
from smmap.crew.parcel import pack
from smmap.crew.renewal import Renewal
from smmap.crew.worker import Reply, Terms, do_parcel, tell_version
from smmap.spec.errors import ConfigError, TransientError
from smmap.version import __version__

logger = logging.getLogger(__name__)

_GONE = (OSError, TimeoutError, FutureCancelledError)
"""What a client raises whose scheduler does not answer."""
_LOOK_S = 5.0
"""How often the scheduler is asked for its workers."""


class DaskCrew(Crew[P, R]):
    """The workers of a Dask cluster.

    Parameters
    ----------
    client
        Connected to the cluster.
    terms
        What workers are told.
    wait_s
        How long there may be no worker at all.
    sharing
        Workers that are to come: each may send its part of the requests that a provider allows.
        None: they are all on this machine, where they count their requests together.
    pages
        False: Dask's pages are not served.

    Raises
    ------
    ConfigError
        If no worker comes, or workers have another version of smmap.
    """

    def __init__(
        self,
        client: Client,
        terms: Terms,
        wait_s: float,
        sharing: int | None = None,
        *,
        pages: bool = True,
    ) -> None:
        self._client = client
        self._terms = pack(terms)
        self._needs: dict[str, float] = {}
        self._wait_s = wait_s
        self._ready: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._out: dict[str, tuple[P, Future]] = {}
        cluster = client.cluster
        self._renewal = Renewal(cluster) if isinstance(cluster, LocalCluster) else None
        self._renewed: set[str] = set()
        self._tired: str | None = None
        self._slots = 0
        self._sharing = sharing
        self._looked = time.monotonic()
        self._alone_since: float | None = None
        self._gone = False
        self._await_workers()
        pages = pages and "dashboard" in client.scheduler_info()["services"]
        self._dashboard = str(client.dashboard_link) if pages else None
        client.forward_logging("smmap")

    @property
    def slots(self) -> int:
        """Threads of all workers at the last look."""
        return self._slots

    @property
    def dashboard(self) -> str | None:
        """Address of the scheduler's pages."""
        return self._dashboard

    def reserve_memory(self, needed: int) -> None:
        """Let a worker with several threads have no more pieces than fit into its memory.

        Parameters
        ----------
        needed
            Bytes of the largest piece. It counts where every worker declares its ``memory`` as a
            resource (``dask worker --resources memory=16e9``).
        """
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        limits = [one["memory_limit"] for one in workers if one["memory_limit"]]
        if limits and needed > min(limits):
            logger.warning(
                "a task may take %.1f GB, a worker has %.1f GB: lower the recipe's 'block', "
                "'threads' or 'batch', or take fewer workers",
                needed / 1e9,
                min(limits) / 1e9,
            )
        declared = [one["resources"].get("memory", 0) for one in workers]
        if declared and all(declared):
            self._needs = {"memory": min(needed, *declared)}

    def submit(self, piece: P) -> None:
        """Send a piece off, as bytes."""
        if self._tired is not None:
            worn, self._tired = self._tired, None
            self._renew(worn)
        key = f"{piece.id}-{uuid.uuid4().hex[:8]}"
        future = self._client.submit(
            do_parcel,
            self._terms,
            pack(piece),
            1 / self._sharing if self._sharing else None,
            key=key,
            pure=False,
            resources=self._needs or None,
        )
        self._out[key] = (piece, future)
        future.add_done_callback(self._ready.put)

    def wait(self, seconds: float) -> list[Outcome[P, R]]:
        """Outcomes that have come back; see `Crew`."""
        self._look()
        outcomes = []
        with suppress(queue.Empty):
            outcomes.append(self._receive(self._ready.get(timeout=seconds)))
            while True:
                outcomes.append(self._receive(self._ready.get_nowait()))
        return [one for one in outcomes if one is not None]

    def cancel(self) -> None:
        """Take back what has not begun; what is at work on another machine goes on to its end."""
        with suppress(*_GONE):
            if not self._gone:
                self._client.cancel([future for _, future in self._out.values()], force=True)
        self._out.clear()

    def close(self) -> None:
        """Leave the workers as they were."""
        # ValueError: another run on the same cluster ended before, and took the forwarding along.
        with suppress(ValueError, *_GONE):
            if not self._gone:
                self._client.unforward_logging("smmap")

    def _await_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=self._wait_s)
        except TimeoutError:
            pass
        else:
            self._check_versions()
            self._look(now=True)
            return
        raise ConfigError(
            f"no worker has come to {self._client.scheduler.address} within {self._wait_s:.0f} s; "
            "start workers, or see why the cluster starts none"
        )

    def _check_versions(self) -> None:
        """All workers that are there have our smmap; later ones tell it with their first."""
        answers: dict[str, Any] = self._client.run(tell_version, on_error="return")
        wrong = {address: one for address, one in answers.items() if one != __version__}
        if wrong:
            address, found = next(iter(wrong.items()))
            raise ConfigError(
                f"worker {address} has smmap {found}, this is {__version__}; install the same "
                "version everywhere"
            )

    def _look(self, *, now: bool = False) -> None:
        """Count the workers now and then; without any for too long, give up."""
        if not now and time.monotonic() - self._looked < _LOOK_S:
            return
        self._looked = time.monotonic()
        try:
            threads = self._client.nthreads()
        except _GONE:
            self._give_up("does not answer any more")
        self._slots = sum(threads.values())
        if self._renewal is not None:
            self._renewal.replace_ended()
        if self._sharing:
            self._sharing = max(self._sharing, len(threads))
        if self._slots:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = self._looked
        elif self._looked - self._alone_since > self._wait_s:
            self._give_up(f"has had no worker for {self._wait_s:.0f} s")

    def _give_up(self, reason: str) -> NoReturn:
        self._gone = True
        raise TransientError(
            f"the Dask scheduler {self._client.scheduler.address} {reason}; what was committed "
            "stays: start the cluster and rerun"
        ) from None

    def _receive(self, future: Future) -> Outcome[P, R] | None:
        """What a finished future says; None if the piece was only sent off once more."""
        if future.key not in self._out:
            return None
        piece, _ = self._out.pop(future.key)
        try:
            reply: Reply = future.result(timeout=self._wait_s)
        except KilledWorker as killed:
            address = killed.last_worker.address
            if address in self._renewed:
                self.submit(piece)
                return None
            # However often the scheduler has tried by itself: others may have been to blame.
            return Outcome(piece, lost=address, deaths=1)
        except _GONE:
            self._give_up("is gone")
        except Exception:  # noqa: BLE001 (whatever a worker could not send back in our own words)
            return Outcome(piece, trace=traceback.format_exc())
        self._alone_since = None
        # A result that somebody still wants would be computed once more if its worker ended.
        future.release()
        if reply.worn and self._out:
            self._renew(reply.worker)
        elif reply.worn:  # with the last piece that was out: perhaps of all
            self._tired = reply.worker
        return Outcome(piece, reply.result, reply.error, reply.trace)

    def _renew(self, worker: str) -> None:
        """Replace a worn worker; the piece that waits there comes back undone."""
        if self._renewal is not None:
            self._renewed.add(worker)
            logger.info("worker %s has done its share: another one takes its place", worker)
            self._renewal.replace(worker)
