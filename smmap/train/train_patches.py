"""From a store of patches to a judged and packaged network with windows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.features.scaling import compute_scaled
from smmap.patches.read import open_patches
from smmap.report.findings import Findings
from smmap.report.validation_report import write_validation_report
from smmap.spec.errors import ConfigError
from smmap.spec.training import TrainingRecipe
from smmap.spec.windows import CELL
from smmap.train.draft_card import Range, draft_card, name_form
from smmap.train.judge_patches import JudgedPatches, get_member, judge_patches
from smmap.train.package_files import check_package_place
from smmap.train.package_patches import write_patch_package
from smmap.train.patch_samples import PatchSamples, select_patches
from smmap.train.samples import Samples
from smmap.train.table_file import check_outputs, check_table_name, write_table
from smmap.train.train_table import REPORT, Training
from smmap.validation.bootstrap import Bootstrap

logger = logging.getLogger(__name__)


def train_patches(
    recipe: TrainingRecipe,
    store: Path,
    out: Path,
    *,
    small: bool = False,
    report: Path | None = None,
    checkpoints: Path | None = None,
    predictions: Path | None = None,
    ablation: bool = False,
    draws: int = 1000,
) -> Training:
    """Fit the recipe's network by every split, judge it, and package the first of the main split.

    Parameters
    ----------
    recipe
        With ``windows``.
    store
        Folder of patches.
    out, small, report, checkpoints, predictions, ablation, draws
        As of `smmap.train.train_table.train_table`.

    Raises
    ------
    ConfigError
        If the recipe is of tables, or the patches are not of its inputs.
    InsituError
        If the samples cannot be used.
    ModelError
        If the export differs from the network.
    StoreError
        If the store is none, or ``out`` holds something else or cannot be written.
    """
    check_package_place(out)
    check_outputs([predictions, report], store)
    if predictions is not None:
        check_table_name(predictions)
    recipe = recipe.shrink() if small else recipe
    if recipe.windows is None:
        raise ConfigError(f"recipe '{recipe.name}': has no 'windows'; train it on a table")
    if checkpoints is not None:
        from smmap.fit.checkpoint import claim_checkpoints

        claim_checkpoints(checkpoints, recipe)
    from smmap.patchnet.network import compute_windows

    sizes = compute_windows(get_member(recipe).features)
    sides = dict(zip([one.name for one in recipe.windows.branches], sizes, strict=True))
    most = recipe.small.rows if small else None
    samples = select_patches(open_patches(store), recipe, recipe.windows, sides, most=most)
    logger.info("%d patches", len(samples.samples.truth))
    judged = judge_patches(recipe, samples, draws=draws, checkpoints=checkpoints, ablation=ablation)
    ranges = _measure_ranges(recipe, samples)
    card = write_patch_package(
        out,
        _draft(recipe, samples, judged, ranges, small=small),
        judged.fitted,
        _scale_ranges(recipe, ranges, samples.samples),
        seed=recipe.seed,
    )
    table = judged.judgement.predictions
    write_validation_report(
        report or out / REPORT,
        table,
        title=name_form(recipe, small=small),
        findings=Findings(None, judged.judgement.importance, judged.judgement.ablation),
        bootstrap=Bootstrap(draws),
    )
    if predictions is not None:
        write_table(predictions, table)
    return Training(card, judged.judgement, len(samples.samples.truth))


def _measure_ranges(recipe: TrainingRecipe, samples: PatchSamples) -> dict[str, Range]:
    """Of pixels, and of numbers a cell."""
    rows = np.arange(len(samples.samples.truth), dtype=np.int64)
    found = {name: (low, high) for name, (_, low, high) in samples.measure(rows).items()}
    numbers = samples.windows.list_cell_inputs([one.name for one in recipe.inputs])
    for name, column in zip(numbers, samples.samples.values.T, strict=True):
        found[name] = float(column.min()), float(column.max())
    return found


def _scale_ranges(
    recipe: TrainingRecipe, ranges: Mapping[str, Range], samples: Samples
) -> dict[str, NDArray[np.float32]]:
    inputs = {one.name: one for one in recipe.inputs}
    windows = recipe.windows
    branches = windows.branches if windows else ()
    found = {
        branch.name: np.array(
            [
                np.sort(compute_scaled(np.array(ranges[name]), inputs[name].scaling))
                for name in branch.inputs
            ],
            np.float32,
        )
        for branch in branches
    }
    rows = samples.rows
    return {**found, CELL: np.stack([rows.min(axis=0), rows.max(axis=0)], axis=1)}


def _draft(
    recipe: TrainingRecipe,
    samples: PatchSamples,
    judged: JudgedPatches,
    ranges: Mapping[str, Range],
    *,
    small: bool,
) -> dict[str, Any]:
    """The card as far as it is known; sites that judge the network are none that it has seen."""
    return draft_card(
        recipe,
        samples.samples,
        judged.judgement,
        architecture=judged.fitted.detail,
        members={get_member(recipe).title},
        ranges=ranges,
        seen=samples.samples.frame.iloc[judged.seen],
        small=small,
        training={"packaged": f"the network of the first part of '{judged.scheme}'"},
    )
