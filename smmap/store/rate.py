"""How often a server is asked: one queue for all threads and processes of this machine.

A file for each server, in the machine's temporary folder, holds when the next request may begin,
by the clock that all processes of a machine share. Who wants to ask takes the next place under
the file's lock, which is held for microseconds and freed by the system if its holder is killed,
and then waits for that moment without it: places are given out in the order in which they are
asked for, and evenly, so that no second sees more than was allowed.
"""

from __future__ import annotations

import fcntl
import os
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from smmap.spec.errors import StoreError, TransientError
from smmap.store.atomic import report_store_errors

SPARE = 1.05
"""Requests are this much further apart than they need be: they take unequal times to arrive."""
PATIENCE_S = 120.0
"""A server that wants to be left alone for longer is not waited for."""
_ASKING = (429, 503)
"""HTTP states with which a server may ask for a pause."""
_STALE_S = 3600.0
"""No pause is longer: what says more was written before the machine, and its clock, started."""
_STATE = struct.Struct("dd")
"""When the next request may begin, and until when the server wants none at all; seconds."""

_share: float | None = None


def set_share(share: float | None) -> None:
    """Say how much of what is allowed this process may use.

    Parameters
    ----------
    share
        Its part, which it counts by itself: of workers on several machines, which have no file in
        common, each has the same. None: all of it, counted with the machine's other processes.
    """
    global _share  # noqa: PLW0603 (of this process)
    _share = share


def await_turn(address: str, requests_per_second: float | None = None) -> None:
    """Wait until the server of ``address`` may be sent one more request.

    Parameters
    ----------
    address
        Of what will be asked for; servers are told apart by host and port.
    requests_per_second
        What the server allows; None: no bound is known, and only pauses count.

    Raises
    ------
    TransientError
        If the server wants to be left alone for longer than `PATIENCE_S`.
    """
    gap = SPARE / requests_per_second / (_share or 1.0) if requests_per_second else 0.0
    if not gap and not _name_file(address).exists():
        return
    while True:
        with _open_state(address) as state:
            now = time.monotonic()
            following, paused = state.read(now)
            if paused - now > PATIENCE_S:
                raise TransientError(
                    f"{get_server(address)} wants no requests for {paused - now:.0f} s; "
                    "rerun later",
                    exhausted=True,
                )
            turn = max(now, paused, following if gap else now)
            if gap:
                state.write(turn + gap, paused)
        if turn == now:
            return
        time.sleep(turn - now)
        # A pause that began meanwhile gives out the places anew.
        with _open_state(address) as state:
            if state.read(turn)[1] <= turn:
                return


def pause(address: str, seconds: float) -> None:
    """Have everybody on this machine leave the server of ``address`` alone for a while."""
    until = time.monotonic() + min(seconds, _STALE_S)
    with _open_state(address) as state:
        following, paused = state.read(time.monotonic())
        state.write(following, max(paused, until))


def heed_pause(address: str, status: int, retry_after: str | None) -> None:
    """Leave a server alone for as long as its answer says, if it says so."""
    if status in _ASKING and (seconds := read_pause(retry_after)):
        pause(address, seconds)


def read_pause(retry_after: str | None) -> float:
    """Seconds of a ``Retry-After`` header, a number or a date; 0 where it says nothing."""
    with suppress(TypeError, ValueError, OverflowError):
        return max(0.0, float(int(retry_after)))  # type: ignore[arg-type]
    with suppress(TypeError, ValueError, OverflowError):
        moment = parsedate_to_datetime(str(retry_after))
        return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    return 0.0


class _State:
    """The two moments, in a file that is open and locked."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def read(self, now: float) -> tuple[float, float]:
        content = os.pread(self._handle, _STATE.size, 0)
        if len(content) != _STATE.size:
            return 0.0, 0.0
        following, paused = _STATE.unpack(content)
        # Also what is no number is not below.
        sound = max(following, paused) - now < 2 * _STALE_S
        return (following, paused) if sound else (0.0, 0.0)

    def write(self, following: float, paused: float) -> None:
        os.pwrite(self._handle, _STATE.pack(following, paused), 0)


@contextmanager
def _open_state(address: str) -> Iterator[_State]:
    path = _find_file(address)
    with report_store_errors(str(path)):
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(path, flags, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield _State(handle)
        finally:
            os.close(handle)


def _find_file(address: str) -> Path:
    file = _name_file(address)
    folder = file.parent
    with report_store_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = folder.parent.stat().st_uid
    if owner != os.getuid():
        raise StoreError(f"{folder.parent} is another user's; set TMPDIR to a folder of your own")
    return file


def _name_file(address: str) -> Path:
    server = get_server(address).replace(":", "_") or "none"
    name = f"{server}.{os.getpid()}" if _share else server
    return Path(tempfile.gettempdir(), f"smmap-{os.getuid()}", "rates", name)


def get_server(address: str) -> str:
    """Host and port, without a user's name and password."""
    return urlsplit(address).netloc.rpartition("@")[2]
