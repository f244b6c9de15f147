"""Who does the tasks, as a caller says it: instead of what the recipe says."""

from __future__ import annotations

from smmap.crew.workforce import choose_cluster
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
    workers, scheduler
        As of `choose_cluster`.
    threads
        Blocks read at once in a task; as many computed, as many overpasses written.

    Raises
    ------
    ConfigError
        If one of them cannot be.
    """
    if threads is not None and threads < 1:
        raise ConfigError(f"--threads {threads}: at least 1")
    cluster = choose_cluster(recipe.cluster, workers=workers, scheduler=scheduler)
    changes: dict[str, object] = {}
    if cluster != recipe.cluster:
        changes["cluster"] = cluster
    if threads is not None:
        changes["threads"] = threads
    return recipe.model_copy(update=changes)
