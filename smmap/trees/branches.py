"""The kinds of branch, brought to one: right where the cut is at or below the pixel's image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.trees.attributes import Attributes
from smmap.trees.image import Images, compute_image

LEQ, LT, GTE, GT = range(4)
"""Codes of the branches that are ordered, as ``TreeEnsemble`` numbers them."""
OTHER = (4, 5, 6)
"""Equal, not equal, member of a set."""


def compute_cuts(
    mode: NDArray[Any], threshold: NDArray[np.float32], attributes: Attributes
) -> Images:
    """Cuts of branches.

    ``x <= t`` is ``x < next float up``, whose image is one more; "greater" is the opposite of
    these, with children swapped.

    Raises
    ------
    UnsuitedError
        For modes that do not order.
    ModelError
        For modes that are not there, and for thresholds that are NaN.
    """
    if np.isin(mode, OTHER).any():
        raise attributes.refuse("has branches by equality or membership")
    if len(mode) and not (mode.min() >= 0 and mode.max() <= GT):
        raise attributes.fail("a branch has a mode that is not known")
    if np.isnan(threshold).any():
        raise attributes.fail("a threshold is NaN")
    closed = (mode == LEQ) | (mode == GT)
    return np.asarray(compute_image(threshold) + closed.astype(np.uint32))


def compute_swapped(mode: NDArray[Any]) -> NDArray[np.bool_]:
    """True where the false child is the left one."""
    return np.asarray((mode == GTE) | (mode == GT))
