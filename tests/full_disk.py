"""Disks that become full and are freed again, in the two ways that a machine may permit.

A small tmpfs is the real thing (ENOSPC in all calls, whoever writes), but to mount it takes
rights that a container seldom gives. A limit on the size of files (RLIMIT_FSIZE) can be put on any
process of one's own while it runs; a write beyond it fails (EFBIG), small files still pass.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LARGEST_BYTES = 1024
_LEFT_BYTES = 8192


class MountedDisk:
    """A tmpfs of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._balloon = folder / "balloon"

    def fill(self, pids: Iterable[int]) -> None:
        """Leave next to nothing free; runs that go on may still take that."""
        there = os.statvfs(self.folder)
        size = there.f_bavail * there.f_frsize - _LEFT_BYTES
        with self._balloon.open("ab") as file:
            end = file.tell()
            if size > 0:
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), end, size)

    def free(self, pids: Iterable[int]) -> None:
        """Give the space back."""
        self._balloon.unlink(missing_ok=True)


class LimitedDisk:
    """A folder like any other, into which some processes write small files only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, pids: Iterable[int]) -> None:
        """Let none of the processes write a file beyond a kilobyte."""
        self._limit(pids, _LARGEST_BYTES)

    def free(self, pids: Iterable[int]) -> None:
        """Take the limit off."""
        self._limit(pids, resource.RLIM_INFINITY)

    @staticmethod
    def _limit(pids, size):
        for pid in pids:
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def mount_disk(folder: Path, megabytes: int = 256) -> Iterator[MountedDisk]:
    """A disk of its own at ``folder``, gone in the end.

    Raises
    ------
    PermissionError
        If this machine does not let us mount one.
    """
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "smmap-test", str(folder)]
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(f"no tmpfs may be mounted here: {done.stderr.strip()}")
    try:
        yield MountedDisk(folder)
    finally:
        # A process that is still on its way out may hold it: it goes with the last of them.
        subprocess.run(["umount", "-l", str(folder)], check=True)
