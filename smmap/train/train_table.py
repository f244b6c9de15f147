"""From a recipe and a table of samples to a model package and its report."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.recipe import apply_change
from smmap.report.findings import Findings
from smmap.report.validation_report import write_validation_report
from smmap.spec.card import ModelCard
from smmap.spec.errors import ConfigError
from smmap.spec.training import TrainingRecipe
from smmap.store.documents import load_yaml
from smmap.train.draft_card import Range, draft_card, name_form
from smmap.train.ensemble import Ensemble, fit_ensemble
from smmap.train.judge import judge
from smmap.train.judgement import Judgement
from smmap.train.package_files import check_package_place
from smmap.train.recipe_file import find_recipe, list_all_recipes
from smmap.train.run import load_simulated
from smmap.train.samples import Samples, draw_samples, select_samples
from smmap.train.table_file import check_outputs, check_table_name, load_table, write_table
from smmap.train.table_notes import check_notes, load_notes
from smmap.train.write_package import PackagedMember, write_package
from smmap.validation.bootstrap import Bootstrap
from smmap.validation.scenarios import settle_training_year
from smmap.validation.split import Split

logger = logging.getLogger(__name__)

REPORT = "report.html"


@dataclass(frozen=True)
class Training:
    """A finished training."""

    card: ModelCard
    """Of the package."""
    judgement: Judgement
    """What it is worth."""
    samples: int
    """That were used."""


def load_recipe(name_or_path: str, changes: Iterable[str] = ()) -> TrainingRecipe:
    """A training recipe by its path, its folder, or the name of a packaged one.

    Parameters
    ----------
    changes
        ``KEY=VALUE``, keys with dots for inner ones, values as in YAML.

    Raises
    ------
    ConfigError
        If there is none, or it is not valid; the message lists the packaged names.
    """
    path = find_recipe(name_or_path)
    if path is not None:
        data = load_yaml(path)
        for change in changes:
            apply_change(data, change)
        return TrainingRecipe.parse(data, str(path))
    raise ConfigError(
        f"no training '{name_or_path}': give a recipe's YAML file, or one of "
        f"{', '.join(list_all_recipes())}"
    )


def list_recipes() -> list[str]:
    """Names of the packaged recipes for tables."""
    return [one for one in list_all_recipes() if load_simulated(one) is None]


def train_table(
    recipe: TrainingRecipe,
    table: Path,
    out: Path,
    *,
    small: bool = False,
    report: Path | None = None,
    checkpoints: Path | None = None,
    predictions: Path | None = None,
    ablation: bool = False,
    draws: int = 1000,
) -> Training:
    """Judge the recipe's model by every split, fit it on all samples, and package it.

    Parameters
    ----------
    recipe
        What is trained.
    table
        CSV or Parquet, one row a sample.
    out
        The package's folder; nothing in it changes if anything fails.
    small
        True: the recipe's rough form.
    report
        HTML page; None: ``report.html`` in ``out``.
    checkpoints
        Folder in which fits of networks are kept, so that an interrupted training goes on; None:
        they are not.
    predictions
        Table of all predictions by splits, for `smmap validate`, CSV or Parquet; None: none. It
        holds the samples' own columns too, which the package does not.
    ablation
        True: the model is judged without each source in turn, too.
    draws
        Resamples for intervals.

    Raises
    ------
    ConfigError
        If a library is missing or an option is none.
    InsituError
        If the table cannot be used, or was made for other inputs.
    ModelError
        If an export differs from its model.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    check_package_place(out)
    check_outputs([predictions, report], table)
    if predictions is not None:
        check_table_name(predictions)
    asked = recipe
    recipe = asked.shrink() if small else asked
    if checkpoints is not None:
        from smmap.fit.checkpoint import claim_checkpoints

        claim_checkpoints(checkpoints, recipe)
    loaded = load_table(table)
    check_notes(load_notes(table), recipe.list_inputs(), str(table))
    samples = select_samples(loaded, recipe, str(table))
    samples = draw_samples(samples, recipe.small.rows if small else None, recipe.seed)
    logger.info("%d samples", len(samples.truth))
    if _is_temporal(recipe):
        settled = settle_training_year(samples.frame, recipe.scenarios)
        recipe = recipe.model_copy(update={"scenarios": settled})
    if recipe.tuning.on_test_rows and any(spec.tune for spec in recipe.members):
        logger.warning(
            "tuning.on_test_rows: options are chosen by the rows that judge them: all scores "
            "below are better than the model is"
        )
    judgement = judge(recipe, samples, draws=draws, checkpoints=checkpoints, ablation=ablation)
    ensemble = fit_ensemble(*_take_all(recipe, samples), checkpoints)
    card = write_package(
        out,
        _draft(recipe, samples, judgement, ensemble, small=small),
        [
            PackagedMember(one.spec.title, one.weight, one.fitted)
            for one in ensemble.members
            if one.weight > 0
        ],
        measure_ranges(samples.rows),
        seed=recipe.seed,
    )
    write_validation_report(
        report or out / REPORT,
        judgement.predictions,
        title=name_form(recipe, small=small),
        findings=Findings(judgement.curves, judgement.importance, judgement.ablation),
        bootstrap=Bootstrap(draws),
    )
    if predictions is not None:
        write_table(predictions, judgement.predictions)
    return Training(card, judgement, len(samples.truth))


def measure_ranges(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smallest and largest of each column, (inputs, 2); NaN does not count."""
    return np.stack([np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)], axis=1)


def _take_all(recipe: TrainingRecipe, samples: Samples) -> tuple[TrainingRecipe, Samples, Split]:
    """A split that trains on all rows: nothing is left to choose options by but folds of them."""
    rows = np.arange(len(samples.truth), dtype=np.int64)
    inside = recipe.tuning.model_copy(update={"on_test_rows": False})
    split = Split("all samples", "package", rows, rows[:0])
    return recipe.model_copy(update={"tuning": inside}), samples, split


def _draft(
    recipe: TrainingRecipe,
    samples: Samples,
    judgement: Judgement,
    ensemble: Ensemble,
    *,
    small: bool,
) -> dict[str, Any]:
    """The card as far as it is known."""
    counted = [one for one in ensemble.members if one.weight > 0]
    year = {"training_year": recipe.scenarios.training_year} if _is_temporal(recipe) else {}
    return draft_card(
        recipe,
        samples,
        judgement,
        architecture="; ".join(f"{one.weight:.2f} {one.fitted.detail}" for one in counted),
        members={one.spec.title for one in counted},
        ranges=_find_ranges(recipe, samples),
        seen=samples.frame,
        small=small,
        training={**year, "tuned_on_test_rows": recipe.tuning.on_test_rows},
    )


def _is_temporal(recipe: TrainingRecipe) -> bool:
    """Whether a scenario trains on one year and tests by those before."""
    return "zhu-temporal" in recipe.splits


def _find_ranges(recipe: TrainingRecipe, samples: Samples) -> dict[str, Range]:
    """Of inputs that have a value somewhere."""
    columns = zip(recipe.inputs, samples.values.T, strict=True)
    known = {one.name: column[~np.isnan(column)] for one, column in columns}
    return {name: (float(of.min()), float(of.max())) for name, of in known.items() if of.size}
