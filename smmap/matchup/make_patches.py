"""From a recipe, stations and a training recipe with windows to a store of patches."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from smmap.crew.open_crew import open_crew
from smmap.crew.work_queue import WorkQueue
from smmap.matchup.make_samples import SampleOptions, complete_recipe, describe_making
from smmap.matchup.patch_batch import PatchBatch, PatchesMade, PatchJob
from smmap.matchup.plan import UNSEEN, SamplePlan, plan_samples
from smmap.matchup.site import list_sites
from smmap.matchup.table import check_columns, describe_targets, refuse_empty
from smmap.matchup.tally import Tally
from smmap.matchup.wanted import name_columns
from smmap.patches.layout import PatchBranch, PatchLayout
from smmap.patches.read import PatchStore
from smmap.patches.write import open_patch_writer
from smmap.pipeline.context import Context, open_context
from smmap.pipeline.memory import PROCESS_BYTES
from smmap.spec.errors import ConfigError, SceneError
from smmap.spec.input_list import InputList
from smmap.spec.recipe import Recipe
from smmap.spec.unit import Task
from smmap.spec.windows import SizedWindows
from smmap.stack.fields import KEPT_BYTES
from smmap.store.target import check_folder

logger = logging.getLogger(__name__)


def make_patches(
    recipe: Recipe,
    wanted: InputList,
    readings: pd.DataFrame,
    out: Path,
    options: SampleOptions | None = None,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Tally:
    """Write patches around stations into a store; run again to go on, or with further stations.

    Parameters
    ----------
    recipe
        As of `make_samples`, but for its grid: patches are of the pixels of their branches.
    wanted
        Inputs with windows, as of `smmap.matchup.wanted.load_patches_wanted`.
    readings
        As of `make_samples`.
    out
        The store's folder: new, or one of the same inputs and recipe.
    options
        Which value; places are always stations.
    progress
        Is told how many batches are done, and of how many.

    Returns
    -------
    Tally
        What became of every station and overpass.

    Raises
    ------
    ConfigError
        If ``wanted`` has no windows, or cells of them are asked for.
    InsituError
        If there is not one sample.
    StoreError
        If ``out`` holds something else, or cannot be written.
    EmptySearchError, SceneError
        As of `make_samples`.
    """
    options, windows = options or SampleOptions(), wanted.windows
    if windows is None or options.by_cell:
        raise ConfigError(f"'{wanted.name}': patches are of inputs with 'windows', at stations")
    check_folder(out)
    check_columns(wanted)
    plain = wanted.model_copy(update={"windows": None})
    finest = min(one.pixel_m for one in windows.branches)
    recipe = complete_recipe(recipe, readings, f"utm-{finest:g}m")
    sites = list_sites(readings, by_cell=False)
    tally = Tally(sites=len(sites))
    plan = plan_samples(open_context(recipe, plain), sites, options.target, tally)
    if plan.targets.empty:
        raise refuse_empty(tally)
    on_cells = recipe.model_copy(update={"grid": f"utm-{windows.cell_m:g}m"})
    context = open_context(on_cells, wanted)
    layout = _describe_layout(context, windows, options)
    with open_patch_writer(out, layout):
        parts = _extract(PatchJob(context, out, layout), list(_cut(plan, tally)), progress, tally)
    return _count(PatchStore(out, layout), parts, plan, context, tally)


def _describe_layout(
    context: Context, windows: SizedWindows, options: SampleOptions
) -> PatchLayout:
    inputs = {one.name: one for one in context.feature_set.inputs}
    branches = tuple(
        PatchBranch(
            name=one.name,
            pixel_m=one.pixel_m,
            side=one.window,
            inputs=tuple(inputs[name] for name in one.inputs),
        )
        for one in windows.branches
    )
    provenance = json.loads(json.dumps(describe_making(context, options)))
    return PatchLayout(branches=branches, numbers=context.pixel_set.inputs, provenance=provenance)


def _cut(plan: SamplePlan, tally: Tally) -> Iterator[PatchBatch]:
    """By tile and month, so that a part is the same whatever else is asked for."""
    rows = describe_targets(plan, tally)
    tiles = {one.tile.key: one.tile for one in plan.pixels}
    keys = pd.Series([plan.units[str(one)].tile.key for one in rows["unit"]], name="tile")
    for (key, month), part in rows.groupby([keys, rows["time"].dt.strftime("%Y%m")]):
        names = dict.fromkeys(str(one) for one in part["unit"])
        units = sorted((plan.units[name] for name in names), key=lambda one: one.overpass.datetime)
        tile = tiles[str(key)]
        task = Task(f"{tile.id}-{month}", tile, tuple(units))
        yield PatchBatch(task, part.reset_index(drop=True))


def _extract(
    job: PatchJob, batches: list[PatchBatch], progress: Callable[[int, int], None], tally: Tally
) -> set[str]:
    """Names of all parts of the batches, which are in the store then."""
    recipe = job.context.recipe
    job = replace(
        job, context=replace(job.context, recipe=recipe.model_copy(update={"cluster": None}))
    )
    made: dict[str, PatchesMade] = {}
    failed: dict[str, str] = {}
    needed = PROCESS_BYTES + KEPT_BYTES
    with open_crew(recipe.cluster, job, needed, threads=recipe.threads) as crew:
        queue = WorkQueue(batches, crew, lambda _, reason: PatchesMade(failed=reason))
        for batch, one, _ in queue.run():
            if one.failed:
                failed[batch.id] = one.failed
                continue
            made[batch.id] = one
            tally.skipped |= one.skipped
            progress(len(made), len(batches))
    if failed:
        first = min(failed)
        raise SceneError(
            f"{len(failed)} of {len(batches)} batches could not be extracted ({first}: "
            f"{failed[first]}); the others are kept in {job.root}: mend it and run again"
        )
    return {name for one in made.values() for name in one.parts}


def _count(
    store: PatchStore, parts: set[str], plan: SamplePlan, context: Context, tally: Tally
) -> Tally:
    """What the plan's parts hold, of a store that may hold others too."""
    table = store.read_table(parts)
    tally.samples = len(table)
    tally.count_pairs(0, UNSEEN, len(plan.targets) - len(table))
    if table.empty:
        raise refuse_empty(tally)
    columns = name_columns(context.pixel_set)
    tally.missing = {name: int(table[name].isna().sum()) for name in columns}
    seen = set(zip(table["network"], table["station"], strict=True))
    sites = {int(number): plan.sites[int(number)] for number in set(plan.targets["site"])}
    unseen = [one for one in sites.values() if (one.network, one.station) not in seen]
    tally.lose_stations(unseen, UNSEEN)
    return tally
