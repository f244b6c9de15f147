"""Who does the tasks of a run: a recipe's ``cluster``. It decides no pixel."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from smmap.spec.options import Options

Memory = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)? ?([kMGT]i?)?B$")]
"""For example ``8 GiB``."""


class LocalCluster(Options):
    """Worker processes on this machine, reachable over its loopback alone."""

    kind: Literal["local"]
    """Processes on this machine."""
    workers: int = Field(default=2, ge=1, le=1024)
    """Processes; each maps one task at a time."""
    memory: Memory | None = None
    """Of each worker, which is killed when it takes more; None: its share of the machine's."""
    recycle: int | None = Field(default=100, ge=1)
    """A worker gives way to another one after so many tasks; None: never."""
    dashboard: bool | None = None
    """Whether Dask's own pages about the workers are served, at some cost (see `UNWATCHED` of
    `smmap.crew.cluster`); None: where the extra ``dashboard`` is installed."""


class AddressCluster(Options):
    """A Dask cluster that runs already; its workers see the output under the same name."""

    kind: Literal["address"]
    """A scheduler's address."""
    address: str = Field(pattern=r"^(tcp|tls|ws|wss)://.+:[0-9]+$")
    """For example ``tcp://scheduler:8786``."""
    wait_s: float = Field(default=60.0, gt=0)
    """How long a run may be without any worker before it gives up."""


class SlurmCluster(Options):
    """Jobs of a SLURM queue; needs the extra ``slurm``."""

    kind: Literal["slurm"]
    """dask-jobqueue's ``SLURMCluster``."""
    workers: int = Field(default=2, ge=1)
    """Jobs; each maps one task at a time."""
    cores: int = Field(default=4, ge=1)
    """Of each job."""
    memory: Memory = "16 GiB"
    """Of each job."""
    walltime: str = Field(default="04:00:00", pattern=r"^([0-9]+-)?[0-9]{1,2}:[0-9]{2}:[0-9]{2}$")
    """Of each job; a task that is cut off is done again by another job."""
    queue: str | None = None
    """Partition; None: the site's default."""
    account: str | None = None
    """Account that pays."""
    interface: str | None = None
    """Network interface that jobs and scheduler share, for example ``ib0``."""
    directives: tuple[str, ...] = ()
    """Further ``#SBATCH`` lines, for example ``--constraint=ssd``."""
    prologue: tuple[str, ...] = ()
    """Shell lines before a worker starts, for example ``source .venv/bin/activate``."""
    wait_s: float = Field(default=86400.0, gt=0)
    """How long to wait for the first job, and how long a run may be without any."""


class KubernetesCluster(Options):
    """Pods made by the Dask operator; needs the extra ``kubernetes``."""

    kind: Literal["kubernetes"]
    """dask-kubernetes' operator ``KubeCluster``."""
    name: str = Field(default="smmap", pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")
    """Of the cluster's resource."""
    namespace: str | None = None
    """None: the current context's."""
    image: str
    """With smmap of this version in it."""
    workers: int = Field(default=2, ge=1)
    """Pods; each maps one task at a time."""
    cores: float = Field(default=4, gt=0)
    """Of each pod."""
    memory: Memory = "16 GiB"
    """Of each pod."""
    env: dict[str, str] = Field(default_factory=dict)
    """Environment of the pods; names of secrets belong into the cluster's own configuration."""
    wait_s: float = Field(default=900.0, gt=0)
    """How long to wait for the first pod, and how long a run may be without any."""


class GatewayCluster(Options):
    """A cluster that a Dask Gateway starts; needs the extra ``gateway``."""

    kind: Literal["gateway"]
    """dask-gateway's ``Gateway``; credentials are its own configuration's."""
    address: str = Field(pattern=r"^https?://.+")
    """Of the gateway."""
    workers: int = Field(default=2, ge=1)
    """Workers to ask for."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Cluster options as the gateway offers them, for example ``{worker_memory: 16}``."""
    wait_s: float = Field(default=900.0, gt=0)
    """How long to wait for the first worker, and how long a run may be without any."""


Cluster = Annotated[
    LocalCluster | AddressCluster | SlurmCluster | KubernetesCluster | GatewayCluster,
    Field(discriminator="kind"),
]
"""Any of them; ``kind`` says which."""
