"""Who does the work, as a caller says it: instead of what a recipe says."""

from __future__ import annotations

from smmap.spec.cluster import AddressCluster, Cluster, LocalCluster
from smmap.spec.errors import ConfigError


def choose_cluster(
    there: Cluster | None, *, workers: int | None = None, scheduler: str | None = None
) -> Cluster | None:
    """``there``, or what the caller asked for.

    Parameters
    ----------
    there
        Of the recipe; None: no cluster, this process.
    workers
        Processes on this machine.
    scheduler
        Address of a Dask scheduler.

    Raises
    ------
    ConfigError
        If both are given, or one of them cannot be.
    """
    if workers is not None and scheduler is not None:
        raise ConfigError(
            "--workers starts processes here, --scheduler joins a cluster that has its own: "
            "give one of them"
        )
    if workers is not None:
        kept = there.model_dump() if isinstance(there, LocalCluster) else {"kind": "local"}
        return LocalCluster.parse(kept | {"workers": workers}, "--workers")
    if scheduler is not None:
        return AddressCluster.parse({"kind": "address", "address": scheduler}, "--scheduler")
    return there
