"""Who does the tasks, as a caller says it: instead of what the recipe says."""

from __future__ import annotations

from smmap.spec.cluster import AddressCluster, LocalCluster
from smmap.spec.errors import ConfigError
from smmap.spec.recipe import Recipe


def choose_workforce(
    recipe: Recipe,
    *,
    workers: int | None = None,
    threads: int | None = None,
    scheduler: str | None = None,
) -> Recipe:
    """The recipe with another ``cluster`` or ``threads``; neither decides a pixel.

    Parameters
    ----------
    workers
        Processes on this machine.
    threads
        Blocks read at once in a task; as many computed, as many overpasses written.
    scheduler
        Address of a Dask scheduler.

    Raises
    ------
    ConfigError
        If both workers and scheduler are given, or one of them cannot be.
    """
    changes: dict[str, object] = {}
    if workers is not None and scheduler is not None:
        raise ConfigError(
            "--workers starts processes here, --scheduler joins a cluster that has its own: "
            "give one of them"
        )
    if workers is not None:
        there = recipe.cluster
        kept = there.model_dump() if isinstance(there, LocalCluster) else {"kind": "local"}
        changes["cluster"] = LocalCluster.parse(kept | {"workers": workers}, "--workers")
    if scheduler is not None:
        told = {"kind": "address", "address": scheduler}
        changes["cluster"] = AddressCluster.parse(told, "--scheduler")
    if threads is not None:
        if threads < 1:
            raise ConfigError(f"--threads {threads}: at least 1")
        changes["threads"] = threads
    return recipe.model_copy(update=changes)
