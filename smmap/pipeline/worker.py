"""What runs on a worker: a parcel in, receipts out; pixels never leave it."""

from __future__ import annotations

import functools
import logging
import os
import pickle
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from smmap.pipeline.context import Context
from smmap.pipeline.crew import attempt
from smmap.pipeline.open_state import open_state
from smmap.pipeline.parcel import unpack_task
from smmap.pipeline.task_log import add_task
from smmap.spec.errors import ConfigError, SmmapError, StoreError
from smmap.spec.unit import Receipt
from smmap.version import __version__

if TYPE_CHECKING:
    from distributed import Worker

_FULL = 0.6
"""Share of its memory above which a worker that has nothing to do is worn."""

_PATIENCE_S = 10.0
"""How long a worn worker waits for its end, before it does another task after all."""

_tasks_done = 0
_worn = False


@dataclass(frozen=True)
class Job:
    """What the tasks of one run share; sent along with each, opened once a process."""

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
    log_level: int = logging.WARNING
    """What workers send back of their log."""
    recycle: int | None = None
    """Tasks after which a worker is to be started anew; None: never."""
    version: str = __version__
    """Of smmap, where the run was started."""


@dataclass(frozen=True)
class Reply:
    """What a worker says of a task."""

    receipts: tuple[Receipt, ...] = ()
    """Without their overpasses: the driver knows them."""
    error: SmmapError | None = None
    """One of ours, which broke the task off."""
    trace: str = ""
    """Of an exception that nobody foresaw."""
    worn: bool = False
    """True: this process should be started anew, and waits for that before its next task."""
    worker: str = ""
    """Address of the worker."""


def do_parcel(job: bytes, parcel: bytes) -> Reply:
    """Do the task in ``parcel`` for the run that ``job`` describes."""
    from distributed import get_worker

    global _tasks_done, _worn  # noqa: PLW0603 (of this process, which outlives all our objects)
    worker = get_worker()
    shared = _unpack_job(job)
    if _worn:
        _await_end(worker)
    _set_up_log(shared.log_level)
    try:
        _check(shared)
        with open_state(
            shared.context, shared.out, force=shared.force, model_threads=shared.model_threads
        ) as state:
            outcome = attempt(unpack_task(parcel), state)
    except SmmapError as error:
        return Reply(error=error, worker=worker.address)
    _tasks_done += 1
    limit = worker.memory_manager.memory_limit
    _worn = shared.recycle is not None and is_worn(_tasks_done, shared.recycle, limit)
    receipts = tuple(replace(one, overpass=None) for one in outcome.receipts)
    return Reply(receipts, outcome.error, outcome.trace, _worn, worker.address)


def is_worn(tasks_done: int, recycle: int, limit: int | None) -> bool:
    """Whether a process has done enough, or holds much memory while it has nothing to do."""
    import psutil

    if tasks_done >= recycle:
        return True
    return limit is not None and psutil.Process().memory_info().rss > _FULL * limit


def _await_end(worker: Worker) -> None:
    """Hold the task until the worker is stopped: begun, it would be lost in the middle."""
    end = time.monotonic() + _PATIENCE_S
    while worker.status.name == "running" and time.monotonic() < end:
        time.sleep(0.05)


def tell_version() -> str:
    """Version of smmap in this process."""
    return __version__


@functools.lru_cache(maxsize=1)
def _unpack_job(job: bytes) -> Job:
    shared = pickle.loads(job)  # noqa: S301 (from our own driver; Dask trusts its peers likewise)
    if not isinstance(shared, Job):
        raise TypeError(f"a job is a {type(shared).__name__}")
    return shared


def _set_up_log(level: int) -> None:
    """Let the lines that Dask forwards to the driver bear their task's id."""
    ours = logging.getLogger("smmap")
    ours.setLevel(level)
    for handler in ours.handlers:
        handler.addFilter(add_task)


def _check(job: Job) -> None:
    """Refuse to write what the driver would not find, or what another version would not write."""
    host = f"worker {os.uname().nodename} ({os.getpid()})"
    if job.version != __version__:
        raise ConfigError(
            f"{host} has smmap {__version__}, the run was started with {job.version}; install the "
            "same version everywhere"
        )
    if job.staging is not None and not job.staging.is_dir():
        raise StoreError(
            f"{host} does not see {job.out}; choose an output on a file system that all workers "
            "share under the same name"
        )
