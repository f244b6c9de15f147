"""Samples that are patches: what a network with windows is fitted on and judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from smmap.features.scaling import compute_scaled
from smmap.features.surroundings import fill_gaps
from smmap.patches.layout import PatchBranch
from smmap.patches.read import PatchStore
from smmap.spec.card import ModelInput
from smmap.spec.errors import ConfigError, InsituError
from smmap.spec.training import TrainingRecipe
from smmap.spec.windows import CELL, Windows
from smmap.train.samples import Samples, draw_samples, select_samples
from smmap.train.table_notes import check_notes
from smmap.validation.split import Ints

PATCH = "patch"
"""Column with a sample's number in its store."""
_LOOKED_AT = 256
"""Patches, at most, that fills and ranges are measured on."""

Fills = Mapping[str, float]
"""Input -> what stands where a pixel has no value, in the input's units."""


@dataclass(frozen=True)
class _Source:
    """One branch in the store."""

    name: str
    inputs: tuple[ModelInput, ...]
    places: tuple[int, ...]
    """Of the inputs among the stored layers."""
    side: int


@dataclass(frozen=True)
class PatchSamples:
    """Samples, and where their images are; rows are numbered as in ``samples``."""

    samples: Samples
    """Numbers a cell, truth, and what describes samples."""
    store: PatchStore
    """Of the images."""
    windows: Windows
    """Of the recipe."""
    _sources: tuple[_Source, ...]
    _numbers: tuple[str, ...]
    """Inputs that are one number a cell."""
    changed: tuple[str, ...] = ()
    """Inputs that are not the samples' own, whatever is stored."""
    partners: Ints | None = None
    """(n,) number of the sample whose ``changed`` inputs each one has; None: a constant, so that
    nothing is learnt from them."""

    def without(self, names: tuple[str, ...]) -> PatchSamples:
        """The same samples as if some inputs were not there."""
        return replace(self, changed=names, partners=None)

    def exchange(self, names: tuple[str, ...], partners: Ints) -> PatchSamples:
        """The same samples with some inputs of others."""
        return replace(self, changed=names, partners=partners)

    def load(
        self, rows: Ints, fills: Fills, sides: Mapping[str, int] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """What a network takes of some rows, scaled and filled.

        Parameters
        ----------
        fills
            Of every input of a branch.
        sides
            Branch -> pixels of its middle that are wanted; None: whole patches.

        Returns
        -------
        dict
            Branch -> (n, layers, y, x), and ``numbers`` -> (n, numbers, 1, 1).
        """
        found = self._load_own(rows, fills, sides)
        if not self.changed:
            return found
        others = (
            None if self.partners is None else self._load_own(self.partners[rows], fills, sides)
        )
        layers = {one.name: tuple(each.name for each in one.inputs) for one in self._sources}
        for array, names in {**layers, CELL: self._numbers}.items():
            for layer, name in enumerate(names):
                if name in self.changed:
                    found[array][:, layer] = 0 if others is None else others[array][:, layer]
        return found

    def _load_own(
        self, rows: Ints, fills: Fills, sides: Mapping[str, int] | None
    ) -> dict[str, NDArray[np.float32]]:
        found = {CELL: self.samples.rows[rows][:, :, None, None]}
        for one in self._sources:
            values = self._load_values(one, rows)
            margin = 0 if sides is None else (one.side - sides[one.name]) // 2
            inner = slice(margin, one.side - margin)
            scaled = np.empty(values[:, :, inner, inner].shape, np.float32)
            for layer, column in enumerate(one.inputs):
                scaled[:, layer] = compute_scaled(values[:, layer, inner, inner], column.scaling)
            found[one.name] = fill_gaps(scaled, one.inputs, [fills[i.name] for i in one.inputs])
        return found

    def measure(self, rows: Ints) -> dict[str, tuple[float, float, float]]:
        """Mean, smallest and largest pixel of each input of a branch, over 256 rows at most.

        Raises
        ------
        InsituError
            If an input has no value anywhere.
        """
        looked = rows[np.unique(np.linspace(0, len(rows) - 1, _LOOKED_AT).astype(np.int64))]
        found: dict[str, tuple[float, float, float]] = {}
        for one in self._sources:
            sums, counts = np.zeros(len(one.inputs)), np.zeros(len(one.inputs))
            low, high = np.full(len(one.inputs), np.inf), np.full(len(one.inputs), -np.inf)
            for row in looked:
                values = self._load_values(one, np.array([row])).astype(np.float64)[0]
                known = np.isfinite(values)
                sums += np.where(known, values, 0.0).sum(axis=(1, 2))
                counts += known.sum(axis=(1, 2))
                low = np.minimum(low, np.where(known, values, np.inf).min(axis=(1, 2)))
                high = np.maximum(high, np.where(known, values, -np.inf).max(axis=(1, 2)))
            for i, column in enumerate(one.inputs):
                if not counts[i]:
                    raise InsituError(
                        f"{self.store.root}: input '{column.name}' has no value in any patch; "
                        "leave it out of the recipe, or extract patches that have it"
                    )
                found[column.name] = float(sums[i] / counts[i]), float(low[i]), float(high[i])
        return found

    def _load_values(self, source: _Source, rows: Ints) -> NDArray[np.float32]:
        numbers = self.samples.frame[PATCH].to_numpy(np.int64)[rows]
        return self.store.load(source.name, numbers)[:, list(source.places)]


def select_patches(
    store: PatchStore,
    recipe: TrainingRecipe,
    windows: Windows,
    sides: Mapping[str, int],
    *,
    most: int | None = None,
) -> PatchSamples:
    """Check a store against a recipe, and sift its samples as tables are.

    Parameters
    ----------
    windows
        Of the recipe.
    sides
        Branch -> pixels a side that the network looks at.
    most
        Samples that are drawn if there are more; None: all.

    Raises
    ------
    ConfigError
        If the patches are of other inputs, other pixels, or too small.
    InsituError
        If a column is missing or unreadable, a target is missing or impossible, or no sample
        remains.
    """
    inputs = {one.name: one for one in recipe.inputs}
    there = {one.name: one for one in store.layout.branches}
    sources = []
    for branch in windows.branches:
        if branch.name not in there or there[branch.name].pixel_m != branch.pixel_m:
            names = ", ".join(f"{one.name} of {one.pixel_m:g} m" for one in there.values())
            raise ConfigError(
                f"{store.root}: has no images '{branch.name}' of {branch.pixel_m:g} m pixels; "
                f"there are {names}"
            )
        wanted = tuple(inputs[name] for name in branch.inputs)
        sources.append(_find_source(store, there[branch.name], wanted, sides[branch.name]))
    cell = tuple(inputs[name] for name in windows.list_cell_inputs(list(inputs)))
    for one in cell:
        _find_place(store, store.layout.numbers, one)
    check_notes(store.layout.provenance, recipe.list_inputs(), str(store.root))
    table = store.table.assign(**{PATCH: np.arange(store.count)})
    numbers = recipe.model_copy(update={"inputs": cell, "windows": None})
    samples = select_samples(table, numbers, str(store.root))
    drawn = draw_samples(samples, most, recipe.seed)
    return PatchSamples(drawn, store, windows, tuple(sources), tuple(one.name for one in cell))


def _find_source(
    store: PatchStore, branch: PatchBranch, inputs: tuple[ModelInput, ...], side: int
) -> _Source:
    if branch.side < side or (branch.side - side) % 2:
        raise ConfigError(
            f"{store.root}: images '{branch.name}' of {branch.side} pixels a side cannot be "
            f"cropped to the {side} that the network looks at; extract larger ones, or set "
            "fewer 'features'"
        )
    places = tuple(_find_place(store, branch.inputs, one) for one in inputs)
    return _Source(branch.name, inputs, places, branch.side)


def _find_place(store: PatchStore, stored: tuple[ModelInput, ...], wanted: ModelInput) -> int:
    """Where an input stands in the store; it must have been derived as the recipe says."""
    said = _describe(wanted)
    for place, one in enumerate(stored):
        if one.name == wanted.name:
            if _describe(one) == said:
                return place
            raise ConfigError(
                f"{store.root}: '{wanted.name}' was derived as {_describe(one)}, the recipe asks "
                f"for {said}; extract the patches again"
            )
    raise ConfigError(
        f"{store.root}: has no input '{wanted.name}' there; there are "
        f"{', '.join(one.name for one in stored)}"
    )


def _describe(one: ModelInput) -> dict[str, object]:
    """All that decides its values before scaling."""
    return one.model_dump(mode="json", exclude={"scaling", "column", "training_range"})
