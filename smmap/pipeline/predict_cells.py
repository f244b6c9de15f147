"""Soil moisture of cells from the images around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smmap.features.aggregate import compute_block_mean
from smmap.features.surroundings import compute_valid_share, fill_gaps
from smmap.model.window_model import WindowModel
from smmap.pipeline.load_images import Image
from smmap.pipeline.load_surroundings import Surroundings
from smmap.spec.windows import CELL, SizedWindows

_HALF = 0.5
_Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class CellEstimate:
    """What a model with windows says of a part's cells, each (h, w)."""

    sm: NDArray[np.float32]
    """m3/m3; NaN where it says nothing."""
    filled: _Bools
    """True where a pixel of some window had no value and was filled."""
    in_range: _Bools
    """True where at most half of the cell's own pixels lie outside the training ranges."""


def predict_cells(
    model: WindowModel, around: Surroundings, numbers: NDArray[np.float32], wanted: _Bools
) -> CellEstimate:
    """Run a model on the chunks that hold a part of a block.

    Parameters
    ----------
    around
        The part and its surroundings.
    numbers
        (inputs, h, w) of the part: what is one number a cell, scaled.
    wanted
        (h, w): cells that are to have a value, as far as their windows are known.
    """
    windows, part, cells, images = model.windows, around.part, around.cells, around.images
    inner = part.within(cells)
    known, filled, in_range = (np.full(part.shape, one) for one in (True, False, True))
    layers = {}
    for image in images:
        branch, inputs = image.inputs.branch, image.inputs.card.inputs
        step = windows.count_pixels(branch)
        values = image.features.values
        valid = np.asarray(np.isfinite(values).all(axis=0))
        share = compute_valid_share(valid, branch.window, step)[inner]
        known &= share >= windows.least_valid
        filled |= share < 1.0
        in_range &= _find_in_range(image, windows)[inner]
        fills = [branch.fills[one.name] for one in inputs]
        layers[branch.name] = fill_gaps(values, inputs, fills)
    asked = wanted & known & np.isfinite(numbers).all(axis=0)
    layers[CELL] = np.zeros((len(numbers), *cells.shape), np.float32)
    layers[CELL][:, *inner] = np.where(asked, numbers, np.float32(0))
    whole = np.zeros(cells.shape, bool)
    whole[inner] = asked
    sm = np.where(whole, _predict_chunks(model, layers, whole), np.float32(np.nan))
    return CellEstimate(sm[inner], filled, in_range)


def _find_in_range(image: Image, windows: SizedWindows) -> _Bools:
    """Of each cell, whether most of its own pixels lie within the training ranges."""
    step, halo = (
        windows.count_pixels(image.inputs.branch),
        windows.compute_halo(image.inputs.branch),
    )
    own = image.features.in_range[halo : -halo or None, halo : -halo or None]
    share, _ = compute_block_mean(own.astype(np.float32), np.ones(own.shape, bool), step)
    return np.asarray(share >= _HALF)


def _predict_chunks(
    model: WindowModel, layers: Mapping[str, NDArray[np.float32]], asked: _Bools
) -> NDArray[np.float32]:
    """A row of chunks after the other, so that memory is bounded; NaN where nobody asked."""
    windows = model.windows
    size = windows.chunk
    sizes = {CELL: (size, size)} | {
        one.name: (windows.compute_side(one), size * windows.count_pixels(one))
        for one in windows.branches
    }
    sm = np.full(asked.shape, np.nan, np.float32)
    for top in range(0, asked.shape[0], size):
        lefts = [
            left
            for left in range(0, asked.shape[1], size)
            if asked[top : top + size, left : left + size].any()
        ]
        if not lefts:
            continue
        chunks = {
            name: np.stack(
                [
                    _cut(layers[name], top // size * step, left // size * step, side)
                    for left in lefts
                ]
            )
            for name, (side, step) in sizes.items()
        }
        for left, found in zip(lefts, model.estimate_cells(chunks), strict=True):
            sm[top : top + size, left : left + size] = found
    return sm


def _cut(image: NDArray[np.float32], top: int, left: int, side: int) -> NDArray[np.float32]:
    return np.ascontiguousarray(image[:, top : top + side, left : left + side])
