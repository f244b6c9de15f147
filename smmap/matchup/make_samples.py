"""From a recipe, stations and a list of inputs to a table of samples."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from smmap.crew.open_crew import open_crew
from smmap.crew.work_queue import WorkQueue
from smmap.matchup.geoparquet import write_geoparquet
from smmap.matchup.parts import Parts
from smmap.matchup.plan import SamplePlan, plan_samples
from smmap.matchup.sample_batch import Sampled, SampleJob
from smmap.matchup.site import list_sites
from smmap.matchup.table import PLACE, assemble_table, check_columns, refuse_empty
from smmap.matchup.tally import Tally
from smmap.matchup.target import TargetRule
from smmap.pipeline.context import Context, open_context
from smmap.pipeline.memory import PROCESS_BYTES
from smmap.spec.errors import ConfigError, InsituError, SceneError
from smmap.spec.input_list import InputList
from smmap.spec.recipe import Recipe
from smmap.spec.unit import compute_fingerprint
from smmap.stack.fields import KEPT_BYTES
from smmap.store.lock import try_lock
from smmap.store.target import check_file
from smmap.version import __version__

logger = logging.getLogger(__name__)

CELLS = "ease2-1km"
"""Grid of samples that are averages."""
_NO_PIXELS = {"block", "batch", "threads", "device", "cluster", "cache", "offline", "outputs"}
"""Keys of a recipe that decide nothing of a table; with them ``model``, which it does without."""


@dataclass(frozen=True)
class SampleOptions:
    """What is taken of the stations, and where."""

    target: TargetRule = field(default_factory=TargetRule)
    """How readings become a value."""
    by_cell: bool = False
    """True: inputs are means of 1 km cells of EASE-Grid 2.0, targets means of the stations in
    them; else of the pixel of the recipe's grid that holds the station."""


def make_samples(
    recipe: Recipe,
    wanted: InputList,
    readings: pd.DataFrame,
    out: Path,
    options: SampleOptions | None = None,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Tally:
    """Write a table of samples, as GeoParquet; it is there when it is complete.

    Batches that are done are kept beside it until then, so that a run that was killed goes on, and
    gives the same bytes.

    Parameters
    ----------
    recipe
        Period, sources, grid and all that decides pixels; its area limits the stations, its model
        is left aside. Without a period, that of the readings.
    wanted
        Inputs, as of `smmap.matchup.wanted.load_wanted`.
    readings
        As of `smmap.insitu`; whatever in them is not wanted has been sifted out there.
    out
        The file; nothing may be there.
    options
        Which value, and of which ground.
    progress
        Is told how many batches are done, and of how many.

    Returns
    -------
    Tally
        What became of every station and overpass.

    Raises
    ------
    InsituError
        If ``out`` exists, there is not one sample, or pyarrow is missing.
    StoreError
        If it cannot be written there.
    EmptySearchError, ConfigError
        As a run of the recipe.
    SceneError
        If batches could not be done; those that were stay for the next time.
    """
    options = options or SampleOptions()
    check_file(out)
    if out.exists():
        raise InsituError(f"{out}: exists; remove it or name another file")
    if out.suffix != ".parquet":
        raise ConfigError(f"{out}: a table of samples is a .parquet file")
    if find_spec("pyarrow") is None:
        raise InsituError("Parquet needs pyarrow: pip install 'smmap[insitu]'")
    check_columns(wanted)
    grid = CELLS if options.by_cell else None
    look_back = timedelta(days=wanted.history.days if wanted.history else 0)
    context = open_context(complete_recipe(recipe, readings, grid, look_back), wanted)
    sites = list_sites(readings, by_cell=options.by_cell)
    tally = Tally(sites=len(sites))
    plan = plan_samples(context, sites, options.target, tally)
    if not plan.batches:
        raise refuse_empty(tally)
    parts = Parts(out)
    lock = try_lock(parts.folder / "lock")
    if lock is None:
        raise InsituError(f"{out}: another process is making it; wait, or name another file")
    with lock:
        sampled = _sample(plan, parts, progress)
        for one in sampled:
            tally.skipped |= one.skipped
        if not any(len(one.rows) for one in sampled):
            parts.remove()
        table = assemble_table(plan, [one.rows for one in sampled], tally)
        place = PLACE if options.by_cell else ("station_latitude", "station_longitude")
        latitude, longitude = (table[name].to_numpy(np.float64) for name in place)
        notes = describe_making(context, options) | {"account": tally.to_plain()}
        write_geoparquet(out, table, longitude, latitude, notes)
        parts.remove()
    return tally


def complete_recipe(
    recipe: Recipe,
    readings: pd.DataFrame,
    grid: str | None,
    look_back: timedelta = timedelta(0),
) -> Recipe:
    """The recipe on a grid, or its own, and with a period.

    If it names none, it is that of the readings, and of what the first of them looks back to.
    """
    changes: dict[str, Any] = {"grid": grid} if grid else {}
    if recipe.period is None and len(readings):
        times = readings["time"]
        changes["period"] = f"{times.min() - look_back:%Y-%m-%d}/{times.max():%Y-%m-%d}"
    return recipe.model_copy(update=changes)


def _sample(plan: SamplePlan, parts: Parts, progress: Callable[[int, int], None]) -> list[Sampled]:
    """All batches, those that are done from their files."""
    found: dict[str, Sampled] = {}
    for batch in plan.batches:
        kept = parts.load(batch)
        if kept is not None:
            found[batch.id] = kept
    rest = [batch for batch in plan.batches if batch.id not in found]
    logger.info("%d of %d batches are done already", len(found), len(plan.batches))
    context = plan.context
    recipe = context.recipe
    job = SampleJob(replace(context, recipe=recipe.model_copy(update={"cluster": None})))
    cluster = recipe.cluster if rest else None
    failed: dict[str, str] = {}
    with open_crew(cluster, job, PROCESS_BYTES + KEPT_BYTES, threads=recipe.threads) as crew:
        queue = WorkQueue(rest, crew, lambda _, reason: Sampled(pd.DataFrame(), failed=reason))
        for batch, sampled, _ in queue.run():
            if sampled.failed:
                failed[batch.id] = sampled.failed
                continue
            parts.keep(batch, sampled)
            found[batch.id] = sampled
            progress(len(found), len(plan.batches))
    if failed:
        first = next(iter(sorted(failed)))
        raise SceneError(
            f"{len(failed)} of {len(plan.batches)} batches could not be sampled ({first}: "
            f"{failed[first]}); the others are kept in {parts.folder}: mend it and run again"
        )
    return [found[batch.id] for batch in plan.batches]


def describe_making(context: Context, options: SampleOptions) -> dict[str, Any]:
    """What samples are made from."""
    recipe = context.recipe.model_dump(mode="json", exclude={*_NO_PIXELS, "model"})
    inputs = context.feature_set.model_dump(mode="json")
    return {
        "smmap": __version__,
        "recipe": recipe,
        "inputs": inputs,
        "digest": compute_fingerprint({"recipe": recipe, "inputs": inputs}),
        "target": asdict(options.target),
        "place": "cell" if options.by_cell else "point",
        "sources": {
            key: {
                "definition": one.id,
                "collections": list(one.collections),
                "licence": one.licence,
                "attribution": one.attribution,
            }
            for key, one in sorted(context.definitions.items())
        },
    }
