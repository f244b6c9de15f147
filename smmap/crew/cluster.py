"""Starts or joins the Dask cluster that a recipe names; one kind a function."""

from __future__ import annotations

import importlib
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import dask.config
from dask.system import CPU_COUNT
from dask.utils import parse_bytes
from distributed import Client, LocalCluster
from distributed.system import MEMORY_LIMIT
from distributed.utils import silence_logging_cmgr

from smmap.crew.plugins import Brisk, Deaf
from smmap.spec import cluster as spec
from smmap.spec.errors import ConfigError, SmmapError, TransientError

LOOPBACK = "127.0.0.1"
_CONNECT_S = 10
_LEAVE_S = 300
"""A job's worker leaves so long before its walltime, rather than being killed in the middle."""

MALLOC = {"MALLOC_TRIM_THRESHOLD_": 64 * 2**20, "MALLOC_MMAP_THRESHOLD_": 32 * 2**20}
"""Freed memory goes back to the system. Dask's own trim threshold alone would halve our speed: it
stops glibc from learning that arrays of some MB come and go (mallopt(3)), so that both thresholds
are set, to where glibc would end by itself."""

SETTINGS = {
    # A death is told at once, and the queue decides: it knows which piece was alone.
    "distributed.scheduler.allowed-failures": 0,
    # Workers hold receipts, nothing that could be spilled; a full one is started anew instead.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    # Dask looks after its own event loops, which tells nobody anything here.
    "distributed.admin.tick.interval": "1s",
    "distributed.nanny.pre-spawn-environ": MALLOC | {"OMP_NUM_THREADS": 1},
}

UNWATCHED = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "5s",
}
"""Where nobody looks at Dask's pages: nothing that makes or feeds them. To import the one takes a
second, the other 3 % of each worker's processor."""


def share_cores(options: spec.Cluster) -> int | None:
    """Cores that one task may use on a worker; None where the cluster's owner decided."""
    if isinstance(options, spec.LocalCluster):
        return max(1, int(CPU_COUNT) // options.workers)
    if isinstance(options, spec.SlurmCluster | spec.KubernetesCluster):
        return max(1, int(options.cores))
    return None


def get_memory(options: spec.Cluster) -> int | None:
    """Bytes of one worker; None where the cluster's owner decided."""
    if isinstance(options, spec.LocalCluster) and options.memory is None:
        return int(MEMORY_LIMIT // options.workers)
    memory = getattr(options, "memory", None)
    return int(parse_bytes(memory)) if memory else None


def has_pages(options: spec.Cluster) -> bool:
    """Whether Dask's pages about a cluster are served; of one that is not ours, they may be."""
    if not isinstance(options, spec.LocalCluster):
        return True
    return find_spec("bokeh") is not None if options.dashboard is None else options.dashboard


@contextmanager
def open_client(options: spec.Cluster) -> Iterator[Client]:
    """A client of the cluster; a cluster that was started for it ends with it.

    Raises
    ------
    ConfigError
        If the cluster's library is not installed, or it cannot be started.
    TransientError
        If nothing answers at a scheduler's address.
    """
    if isinstance(options, spec.AddressCluster):
        with silence_logging_cmgr(logging.CRITICAL), _join(options.address) as client:
            yield client
        return
    with (
        dask.config.set(SETTINGS if has_pages(options) else SETTINGS | UNWATCHED),
        _start(options) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        # On other machines SIGTERM is how their owner takes a worker away.
        here = (signal.SIGTERM,) if isinstance(options, spec.LocalCluster) else ()
        client.register_plugin(Deaf(signal.SIGINT, *here))
        if here:
            client.register_plugin(Brisk())
        yield client


def _start(options: spec.Cluster) -> Any:
    starts: dict[str, Any] = {
        "local": start_local,
        "slurm": start_slurm,
        "kubernetes": start_kubernetes,
        "gateway": start_gateway,
    }
    try:
        return starts[options.kind](options)
    except SmmapError:
        raise
    except Exception as error:  # noqa: BLE001 (each library has its own)
        reason = f"{type(error).__name__}: {error}"
    message = f"cluster.kind '{options.kind}' could not be started ({reason})"
    if isinstance(options, spec.LocalCluster):  # a process of ours was killed while it loaded
        raise TransientError(f"{message}; rerun")
    raise ConfigError(message)


@contextmanager
def _join(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except OSError as error:  # a TimeoutError too
        reason = str(error) or type(error).__name__
    else:
        with client:
            yield client
        return
    raise TransientError(
        f"no Dask scheduler answers at {address} ({reason}); start one (dask scheduler), or check "
        "the address"
    )


def start_local(options: spec.LocalCluster) -> LocalCluster:
    """Processes on this machine, each with one thread for tasks, on the loopback."""
    memory = get_memory(options)
    return LocalCluster(
        n_workers=options.workers,
        threads_per_worker=1,
        processes=True,
        host=LOOPBACK,
        dashboard_address=f"{LOOPBACK}:0",
        scheduler_kwargs={"dashboard": has_pages(options)},
        memory_limit=memory,
        resources={"memory": memory},
        silence_logs=logging.CRITICAL,
    )


def start_slurm(options: spec.SlurmCluster) -> Any:
    """As many jobs as asked for, and new ones for those that reach their walltime."""
    library = _import("dask_jobqueue", "slurm")
    cluster = library.SLURMCluster(
        cores=1,  # tasks at once; the job's cores are for the threads of that task
        processes=1,
        job_cpu=options.cores,
        memory=options.memory,
        walltime=options.walltime,
        queue=options.queue,
        account=options.account,
        interface=options.interface,
        job_extra_directives=list(options.directives),
        job_script_prologue=[
            *(f"export {name}={value}" for name, value in MALLOC.items()),
            *options.prologue,
        ],
        worker_extra_args=[
            *("--resources", f"memory={get_memory(options)}"),
            *("--lifetime", f"{max(60, _to_seconds(options.walltime) - _LEAVE_S)}s"),
            *("--lifetime-stagger", "60s"),
        ],
    )
    cluster.adapt(minimum_jobs=options.workers, maximum_jobs=options.workers)
    return cluster


def build_kubernetes(options: spec.KubernetesCluster) -> dict[str, Any]:
    """The operator's resource, as it is sent to the Kubernetes API."""
    library = _import("dask_kubernetes.operator", "kubernetes")
    bounds = {"cpu": str(options.cores), "memory": str(get_memory(options))}
    resource: dict[str, Any] = library.make_cluster_spec(
        name=options.name,
        image=options.image,
        n_workers=options.workers,
        resources={"requests": bounds, "limits": bounds},
        env={name: str(value) for name, value in MALLOC.items()} | options.env,
        worker_command=[
            *("dask", "worker", "--nthreads", "1"),
            *("--resources", f"memory={get_memory(options)}"),
        ],
    )
    return resource


def start_kubernetes(options: spec.KubernetesCluster) -> Any:
    """A cluster of pods, gone with the run."""
    library = _import("dask_kubernetes.operator", "kubernetes")
    return library.KubeCluster(
        custom_cluster_spec=build_kubernetes(options), namespace=options.namespace
    )


def start_gateway(options: spec.GatewayCluster) -> Any:
    """A cluster of the gateway's making, gone with the run."""
    library = _import("dask_gateway", "gateway")
    cluster = library.Gateway(options.address).new_cluster(**options.options)
    cluster.scale(options.workers)
    return cluster


def _import(name: str, extra: str) -> Any:
    """A library that only this kind of cluster needs."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        reason = str(error)
    raise ConfigError(
        f"cluster.kind '{extra}' needs the extra '{extra}': pip install 'smmap[{extra}]' ({reason})"
    )


def _to_seconds(walltime: str) -> int:
    """Seconds of ``D-HH:MM:SS``, days left out as may be."""
    days, _, clock = walltime.rpartition("-")
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
