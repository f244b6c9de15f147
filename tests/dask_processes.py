"""Dask's processes: those of a run, and a cluster as an operator starts one, on the loopback."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class DaskCluster:
    """A scheduler and workers, each with a nanny above it."""

    address: str
    scheduler: subprocess.Popen[bytes]
    nannies: tuple[subprocess.Popen[bytes], ...]

    def find_workers(self) -> list[psutil.Process]:
        return [one for nanny in self.nannies for one in find_workers(nanny.pid)]

    def list_processes(self) -> list[psutil.Process]:
        return [one for root in (self.scheduler, *self.nannies) for one in list_family(root.pid)]


def find_workers(parent: int) -> list[psutil.Process]:
    """Processes that run tasks below a process: Dask's, not Python's own helpers."""
    found = []
    for one in list_family(parent)[1:]:
        with contextlib.suppress(psutil.Error):
            if "spawn_main" in " ".join(one.cmdline()):
                found.append(one)
    return found


def list_family(parent: int) -> list[psutil.Process]:
    """A process and all below it; nothing if it has ended."""
    try:
        process = psutil.Process(parent)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def check_gone(processes: list[psutil.Process]) -> None:
    """They end by themselves within a quarter of a minute."""
    _, alive = psutil.wait_procs(processes, timeout=15)
    assert not alive


@contextlib.contextmanager
def running(*command: str, environment: Mapping[str, str] | None = None):
    """``python -m COMMAND``, ended with all below it."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], stderr=subprocess.DEVNULL, env=environment
    )
    family: list[psutil.Process] = []
    try:
        yield process
    finally:
        family += list_family(process.pid)
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()
        check_gone(family)


@contextlib.contextmanager
def serve_dask(
    folder: Path, workers: int = 2, environment: Mapping[str, str] | None = None
) -> Iterator[DaskCluster]:
    """Start a cluster; what it keeps on disk lies in ``folder``."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    place = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    options = ["--nthreads", "1", "--host", "127.0.0.1", "--no-dashboard"]
    options += ["--local-directory", str(folder)]
    with contextlib.ExitStack() as stack:

        def start(*command: str) -> subprocess.Popen[bytes]:
            return stack.enter_context(running("dask", *command, environment=environment))

        scheduler = start("scheduler", *place)
        nannies = tuple(start("worker", address, *options) for _ in range(workers))
        yield DaskCluster(address, scheduler, nannies)
