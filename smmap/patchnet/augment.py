"""Images turned, flipped and sheared about their middle, which is where the station is.

Probabilities and extents are of Batchu et al. 2023, table 6. A radar's look direction turns with
the image; aspect would have to be turned itself, and is refused as an input.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

_ROTATE, _FLIP, _SHEAR = 0.8, 0.5, 0.3
"""Probabilities of a rotation, of a flip along each axis, and of a shear along each."""
_SHEAR_RAD = math.radians(9)
"""Largest shear."""


def draw_turns(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Linear maps about the middle, (count, 2, 2)."""
    maps = np.broadcast_to(np.eye(2), (count, 2, 2))
    angle = rng.uniform(-math.pi, math.pi, count) * (rng.random(count) < _ROTATE)
    cos, sin = np.cos(angle), np.sin(angle)
    maps = np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], 1) @ maps
    for axis in (0, 1):
        flip = np.tile(np.eye(2), (count, 1, 1))
        flip[rng.random(count) < _FLIP, axis, axis] = -1.0
        shear = np.tile(np.eye(2), (count, 1, 1))
        drawn = np.tan(rng.uniform(-_SHEAR_RAD, _SHEAR_RAD, count))
        shear[:, axis, 1 - axis] = drawn * (rng.random(count) < _SHEAR)
        maps = shear @ flip @ maps
    return np.asarray(maps)


def turn_images(images: Tensor, maps: Tensor) -> Tensor:
    """Apply a linear map to each image, bilinear; beyond the edge it is mirrored.

    Parameters
    ----------
    images
        (n, layers, y, x), square; every value finite.
    maps
        (n, 2, 2) from `draw_turns`: the same for images of other pixel sizes turns the same
        ground.
    """
    about = torch.cat([maps, torch.zeros(len(maps), 2, 1, device=maps.device)], dim=2)
    grid = nn.functional.affine_grid(
        about.to(images.dtype), list(images.shape), align_corners=False
    )
    return nn.functional.grid_sample(
        images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def crop_middle(images: Tensor, side: int) -> Tensor:
    """The middle of images; their sides and ``side`` are even or odd alike."""
    margin = (images.shape[-1] - side) // 2
    return images[..., margin : margin + side, margin : margin + side]
