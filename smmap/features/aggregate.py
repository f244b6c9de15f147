"""From working pixels to cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Bools, Doubles, Floats
from smmap.spec.errors import GridError


def compute_block_mean(
    values: Floats, valid: Bools, factor: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean over the valid pixels of each ``factor`` x ``factor`` cell, and their share.

    Parameters
    ----------
    values : float array (y x factor, x x factor)
        For backscatter: linear power. Any value where not valid.
    valid : bool array, same shape
        Which pixels enter.
    factor : int
        Pixels a side of a cell.

    Returns
    -------
    mean : float32 array (y, x)
        NaN where no pixel of the cell is valid.
    weight : float32 array (y, x)
        Valid share of the cell, 0..1.

    Raises
    ------
    GridError
        If the shape is no multiple of ``factor``.
    """
    if factor < 1 or any(size % factor for size in values.shape):
        raise GridError(
            f"{values.shape} pixels cannot be cut into cells of {factor} x {factor}: "
            "give whole cells"
        )
    total = _sum_cells(np.where(valid, values, 0.0).astype(np.float64), factor)
    count = _sum_cells(valid.astype(np.float64), factor)
    mean = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return mean.astype(np.float32), (count / factor**2).astype(np.float32)


def _sum_cells(values: Doubles, factor: int) -> Doubles:
    # Added in a fixed order: NumPy's own sum over axes changes order with the array's shape.
    rows = sum((values[row::factor] for row in range(1, factor)), values[0::factor])
    return sum((rows[:, col::factor] for col in range(1, factor)), rows[:, 0::factor])
