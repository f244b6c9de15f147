"""Where a model may be applied: cells of input space that hold training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import ModelError


def compute_in_domain(
    values: Mapping[str, NDArray[np.floating]],
    inputs: Sequence[str],
    edges: Sequence[NDArray[np.floating]],
    occupied: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """True where the inputs fall into an occupied cell.

    Parameters
    ----------
    values
        Inputs by name before scaling, each (y, x); NaN is nodata.
    inputs
        Names of the inputs that span the cells, in axis order (``Domain.inputs``).
    edges
        Bin edges of each axis, increasing; a bin holds its lower edge, the last one both.
    occupied
        True for cells with training data, one axis an input.

    Returns
    -------
    NDArray
        Bool (y, x); False outside the edges and where an input is NaN.

    Raises
    ------
    ModelError
        If edges and cells do not belong together.
    """
    if occupied.shape != tuple(len(edge) - 1 for edge in edges) or len(edges) != len(inputs):
        raise ModelError(
            f"the model's domain has {occupied.shape} cells, which does not fit its edges "
            f"{[len(edge) for edge in edges]} of inputs {list(inputs)}; export the model again"
        )
    cells = []
    inside = np.ones(values[inputs[0]].shape, dtype=bool)
    for name, edge in zip(inputs, edges, strict=True):
        column = np.asarray(values[name], dtype=np.float64)
        inside &= (column >= edge[0]) & (column <= edge[-1])
        cell = np.searchsorted(edge, column, side="right") - 1
        cells.append(np.clip(cell, 0, len(edge) - 2))
    return inside & occupied[tuple(cells)]
