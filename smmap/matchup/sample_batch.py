"""A batch's pixels at its overpasses, by the very steps of mapping up to the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from smmap.features.builder import compute_features
from smmap.matchup.batch import Batch
from smmap.matchup.wanted import name_columns
from smmap.pipeline.blocks import BlockInputs, open_block, open_fields
from smmap.pipeline.context import Context
from smmap.pipeline.load_layers import load_layers
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.spec.unit import Unit
from smmap.stack.file_cache import keep_files
from smmap.stack.land_cover import GROUNDS
from smmap.store.network import use_network

SHARES = {f"land_cover_{ground}": f"land_cover:{ground}" for ground in GROUNDS}
"""Column -> layer of land cover; in the table where the recipe has a source of it."""
Row = dict[str, str | int | np.float32]


@dataclass(frozen=True)
class Sampled:
    """What a batch leaves."""

    rows: pd.DataFrame
    """``unit``, ``row``, ``col``, ``radar_weight``, and inputs by their columns, unscaled, in their
    units; NaN where an input has no value. Pixels that the radar did not see have no row."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Scenes that could not be used, each with the reason."""
    failed: str = ""
    """Why the batch was given up; empty: it was not."""


@dataclass(frozen=True)
class SampleJob:
    """Samples batches in any process; see `smmap.crew.job.Job`."""

    context: Context
    """Of the recipe, its inputs without a model."""

    @contextmanager
    def open(self) -> Iterator[Callable[[Batch], Sampled]]:
        """What samples a batch."""
        recipe = self.context.recipe
        use_network(offline=recipe.offline, cache=recipe.cache)
        yield lambda batch: sample_batch(batch, self.context)


def sample_batch(batch: Batch, context: Context) -> Sampled:
    """Every wanted pixel of every overpass; a scene that cannot be read costs that scene.

    Raises
    ------
    TransientError
        If a scene cannot be had at the moment: the batch is to be done again.
    """
    scenes = TaskScenes(batch.task, context)
    while True:
        for unit in batch.task.units:
            if scenes.has_passing_fault(unit):
                raise TransientError(f"{unit.id}: {scenes.get_failure(unit)}")
        try:
            rows = _sample(batch, scenes, context)
        except SceneError as error:
            # All rows start anew, so that they leave out the same scenes.
            scenes.lose(error)
            continue
        skipped = (one for unit in batch.task.units for one in scenes.get_skipped(unit))
        return Sampled(_tabulate(rows), dict(one.split(": ", 1) for one in skipped))


def _sample(batch: Batch, scenes: TaskScenes, context: Context) -> list[Row]:
    usable = {unit.id for unit in scenes.list_units()}
    wanted = [
        (unit, set(places))
        for unit, places in zip(batch.task.units, batch.places, strict=True)
        if unit.id in usable
    ]
    rows: list[Row] = []
    with keep_files():
        fields = open_fields(batch.task.area, context)
        for place in sorted(set().union(*(places for _, places in wanted))):
            block = Block(batch.task.tile.geobox, *place, 1, 1)
            inputs = open_block(block, scenes, context, fields)
            for unit, places in wanted:
                if place in places and (row := _sample_pixel(unit, inputs, context)) is not None:
                    rows.append({"unit": unit.id, "row": place[0], "col": place[1], **row})
    return rows


def _tabulate(rows: list[Row]) -> pd.DataFrame:
    """Numbers in the precision that the model takes; as many columns as the first row has."""
    table = pd.DataFrame(rows)
    places = {"unit": str, "row": np.int64, "col": np.int64}
    return table.astype({name: places.get(str(name), np.float32) for name in table.columns})


def _sample_pixel(unit: Unit, inputs: BlockInputs, context: Context) -> Row | None:
    """One pixel at one overpass; None where the radar did not see it."""
    layers = load_layers(unit, inputs.block, inputs, context)
    if not np.isfinite(layers["sigma0_vv"]).any():
        return None
    asked = context.feature_set
    raw = compute_features(asked, layers).raw
    values = {one.name: raw[i, 0, 0] for i, one in enumerate(asked.inputs)}
    row: Row = {"radar_weight": layers["radar_weight"][0, 0]}
    row |= {column: values[one.name] for column, one in name_columns(asked).items()}
    row |= {column: layers[name][0, 0] for column, name in SHARES.items() if name in layers}
    return row
