"""What runs on a worker: a parcel in, a result out; pixels never leave it."""

from __future__ import annotations

import functools
import logging
import os
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smmap.crew.crew import attempt
from smmap.crew.job import Job
from smmap.crew.parcel import unpack
from smmap.crew.work_log import add_task
from smmap.spec.errors import ConfigError, SmmapError
from smmap.store.rate import set_share
from smmap.version import __version__

if TYPE_CHECKING:
    from distributed import Worker

_FULL = 0.6
"""Share of its memory above which a worker that has nothing to do is worn."""

_PATIENCE_S = 10.0
"""How long a worn worker waits for its end, before it does another piece after all."""

_pieces_done = 0
_worn = False


@dataclass(frozen=True)
class Terms:
    """What a worker is told beside the pieces; the same for all of a run."""

    job: Job[Any, Any]
    """Opened anew for each piece."""
    log_level: int = logging.WARNING
    """What workers send back of their log."""
    recycle: int | None = None
    """Pieces after which a worker is to be started anew; None: never."""
    version: str = __version__
    """Of smmap, where the run was started."""


@dataclass(frozen=True)
class Reply:
    """What a worker says of a piece."""

    result: Any = None
    """What the piece left."""
    error: Exception | None = None
    """One of ours, which broke it off."""
    trace: str = ""
    """Of an exception that nobody foresaw."""
    worn: bool = False
    """True: this process should be started anew, and waits for that before its next piece."""
    worker: str = ""
    """Address of the worker."""


def do_parcel(terms: bytes, parcel: bytes, share: float | None = None) -> Reply:
    """Do the piece in ``parcel`` on the run's terms; ``share`` as of `smmap.store.rate`."""
    from distributed import get_worker

    global _pieces_done, _worn  # noqa: PLW0603 (of this process, which outlives all our objects)
    worker = get_worker()
    told = _unpack_terms(terms)
    if _worn:
        _await_end(worker)
    _set_up_log(told.log_level)
    set_share(share)
    try:
        _check_version(told.version)
        with told.job.open() as work:
            outcome = attempt(unpack(parcel), work)
    except SmmapError as error:
        return Reply(error=error, worker=worker.address)
    except Exception:  # noqa: BLE001 (else it would look as if the scheduler were gone)
        return Reply(trace=traceback.format_exc(), worker=worker.address)
    _pieces_done += 1
    limit = worker.memory_manager.memory_limit
    _worn = told.recycle is not None and is_worn(_pieces_done, told.recycle, limit)
    return Reply(outcome.result, outcome.error, outcome.trace, _worn, worker.address)


def is_worn(pieces_done: int, recycle: int, limit: int | None) -> bool:
    """Whether a process has done enough, or holds much memory while it has nothing to do."""
    import psutil

    if pieces_done >= recycle:
        return True
    return limit is not None and psutil.Process().memory_info().rss > _FULL * limit


def _await_end(worker: Worker) -> None:
    """Hold the piece until the worker is let go, then give it back: begun, it would be lost."""
    from distributed import Reschedule

    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        if worker.status.name != "running":
            raise Reschedule
        time.sleep(0.05)


def tell_version() -> str:
    """Version of smmap in this process."""
    return __version__


def tell_host() -> str:
    """Which process it is, for messages."""
    return f"worker {os.uname().nodename} ({os.getpid()})"


@functools.lru_cache(maxsize=1)
def _unpack_terms(terms: bytes) -> Terms:
    told = unpack(terms)
    if not isinstance(told, Terms):
        raise TypeError(f"the terms are a {type(told).__name__}")
    return told


def _set_up_log(level: int) -> None:
    """Let the lines that Dask forwards to the driver bear their piece's id."""
    ours = logging.getLogger("smmap")
    ours.setLevel(level)
    for handler in ours.handlers:
        handler.addFilter(add_task)


def _check_version(wanted: str) -> None:
    """Refuse what another version would not write."""
    if wanted != __version__:
        raise ConfigError(
            f"{tell_host()} has smmap {__version__}, the run was started with {wanted}; install "
            "the same version everywhere"
        )
