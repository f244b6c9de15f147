"""Floats as whole numbers in the same order: what thresholds and pixels are compared by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint32]
_SIGN = np.uint32(0x80000000)


def compute_image(values: NDArray[np.float32]) -> Images:
    """Whole numbers that order as the floats do.

    Parameters
    ----------
    values
        float32, any shape, no NaN. -0 and 0 have one image.

    Returns
    -------
    ndarray
        uint32; a < b exactly where image(a) < image(b). The next float up has the next image,
        save that nothing has the image below 0's. Infinities are 0x007FFFFF and 0xFF800000.
    """
    # Whole numbers throughout: where the processor was told to take denormals as 0, adding would.
    bits = np.asarray(values, np.float32).view(np.uint32)
    bits = np.where(bits == _SIGN, np.uint32(0), bits)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def compute_float(images: Images) -> NDArray[np.float32]:
    """The floats that have these images, any shape; images that no float has give NaN."""
    images = np.asarray(images, np.uint32)
    return np.where(images & _SIGN, images ^ _SIGN, ~images).view(np.float32)
