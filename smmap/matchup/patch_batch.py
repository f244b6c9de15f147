"""A tile's month: patches around its stations, by the very steps of mapping, part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.features.builder import compute_features
from smmap.matchup.wanted import name_columns
from smmap.patches.layout import PatchLayout
from smmap.patches.write import PatchWriter, open_patch_writer
from smmap.pipeline.blocks import BlockInputs, open_block, open_fields
from smmap.pipeline.cell_around import find_cell_around
from smmap.pipeline.context import Context
from smmap.pipeline.load_layers import load_layers
from smmap.pipeline.load_surroundings import load_surroundings
from smmap.pipeline.task_scenes import TaskScenes
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.spec.unit import Task, Unit
from smmap.spec.windows import CELL
from smmap.stack.file_cache import keep_files
from smmap.store.network import use_network

Images = dict[str, NDArray[np.float32]]
"""Branch -> (layers, y, x), and ``numbers`` -> (inputs,), in the inputs' units."""


@dataclass(frozen=True)
class PatchBatch:
    """Overpasses of a tile in one month, and what was measured then."""

    task: Task
    """Its units, by time."""
    rows: pd.DataFrame
    """As of `table.describe_targets`, with ``row`` and ``col`` of the station's pixel in the
    tile, which is of the finest branch."""

    @property
    def id(self) -> str:
        """In every log line of the work on it."""
        return self.task.id


@dataclass(frozen=True)
class PatchesMade:
    """What a batch leaves; the patches are in the store."""

    parts: tuple[str, ...] = ()
    """Names of its parts."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Scenes that could not be used, each with the reason."""
    failed: str = ""
    """Why the batch was given up; empty: it was not."""


@dataclass(frozen=True)
class PatchJob:
    """Extracts batches in any process; see `smmap.crew.job.Job`."""

    context: Context
    """Of the recipe on the model's cells, its inputs with windows."""
    root: Path
    """Of the store."""
    layout: PatchLayout
    """Of the store."""

    @contextmanager
    def open(self) -> Iterator[Callable[[PatchBatch], PatchesMade]]:
        """What extracts a batch."""
        recipe = self.context.recipe
        use_network(offline=recipe.offline, cache=recipe.cache)
        with open_patch_writer(self.root, self.layout) as writer:
            yield lambda batch: extract_batch(batch, self.context, writer)


def extract_batch(batch: PatchBatch, context: Context, writer: PatchWriter) -> PatchesMade:
    """Every wanted place at every overpass; a scene that cannot be read costs that scene.

    Raises
    ------
    TransientError
        If a scene cannot be had at the moment: the batch is to be done again.
    """
    scenes = TaskScenes(batch.task, context)
    lost = False
    while True:
        for unit in batch.task.units:
            if scenes.has_passing_fault(unit):
                raise TransientError(f"{unit.id}: {scenes.get_failure(unit)}")
        try:
            parts = _write_parts(batch, scenes, context, writer, again=lost)
        except SceneError as error:
            # All parts start anew, so that they leave out the same scenes.
            scenes.lose(error)
            lost = True
            continue
        skipped = (one for unit in batch.task.units for one in scenes.get_skipped(unit))
        return PatchesMade(parts, dict(one.split(": ", 1) for one in skipped))


def _write_parts(
    batch: PatchBatch, scenes: TaskScenes, context: Context, writer: PatchWriter, *, again: bool
) -> tuple[str, ...]:
    usable = {unit.id: unit for unit in scenes.list_units()}
    names = []
    with keep_files():
        for _, rows in batch.rows.groupby(["row", "col"], sort=True):
            row, col = (int(rows[axis].iloc[0]) for axis in ("row", "col"))
            name, digest = f"{batch.id}-{row}-{col}", _digest(rows)
            names.append(name)
            if again or not writer.has(name, digest):
                units = [one for key, one in usable.items() if key in set(rows["unit"])]
                pixel = Block(batch.task.tile.geobox, row, col, 1, 1)
                found = extract_place(pixel, units, scenes, context)
                writer.put(name, *_collect(rows, found, context, writer.layout), digest)
    return tuple(names)


def extract_place(
    pixel: Block, units: list[Unit], scenes: TaskScenes, context: Context
) -> dict[str, Images]:
    """What a model with windows would see around a place at each overpass.

    Parameters
    ----------
    pixel
        One pixel of a tile, of the finest branch's size: the place.
    units
        By time.
    context
        Of the inputs with windows as wide as patches.

    Returns
    -------
    dict
        By unit; those whose radar did not see the place have no entry.
    """
    windows = context.windows
    if windows is None:
        return {}
    finest = max(windows.count_pixels(one) for one in windows.branches)
    cell = find_cell_around(pixel, finest)
    inputs = open_block(cell, scenes, context, open_fields(cell, context))
    found = {unit.id: _extract(unit, cell, inputs, context) for unit in units}
    return {key: images for key, images in found.items() if images is not None}


def _extract(unit: Unit, cell: Block, inputs: BlockInputs, context: Context) -> Images | None:
    layers = load_layers(unit, cell, inputs, context)
    around = load_surroundings(unit, cell, inputs, context)
    if around is None or not np.isfinite(layers["sigma0_vv"]).any():
        return None
    images = {one.inputs.branch.name: one.features.raw for one in around.images}
    return images | {CELL: compute_features(context.pixel_set, layers).raw[:, 0, 0]}


def _collect(
    rows: pd.DataFrame, found: dict[str, Images], context: Context, layout: PatchLayout
) -> tuple[dict[str, NDArray[np.float32]], pd.DataFrame]:
    """Arrays and table of a part; two stations may share a place."""
    seen = rows[rows["unit"].isin(list(found))].reset_index(drop=True)
    images = [found[str(unit)] for unit in seen["unit"]]
    arrays = {
        name: np.array([one[name] for one in images], np.float32).reshape(
            len(images), *layout.get_shape(name)
        )
        for name in layout.names
    }
    shares = {
        f"{one.name}_valid": np.isfinite(arrays[one.name]).all(axis=1).mean(axis=(1, 2))
        for one in layout.branches
    }
    # What is one number a cell is in an array of its own.
    table = seen.drop(columns=list(name_columns(context.pixel_set)), errors="ignore")
    return arrays, table.assign(**shares)


def _digest(rows: pd.DataFrame) -> str:
    """Of all that decides a part but the store's own layout: scenes, and what was measured."""
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()[:32]
