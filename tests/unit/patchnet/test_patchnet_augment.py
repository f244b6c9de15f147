"""Turned images: the middle stays, both branches turn alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from smmap.patchnet.augment import crop_middle, draw_turns, turn_images


def turn(image, matrix):
    maps = torch.tensor(matrix, dtype=torch.float32)[None]
    return turn_images(torch.from_numpy(image)[None, None], maps)[0, 0].numpy()


@pytest.mark.parametrize(
    "matrix, expected",
    [
        ([[1, 0], [0, 1]], lambda one: one),
        ([[-1, 0], [0, 1]], np.fliplr),
        ([[1, 0], [0, -1]], np.flipud),
        ([[0, 1], [-1, 0]], lambda one: np.rot90(one, -1)),
        ([[-1, 0], [0, -1]], lambda one: np.rot90(one, 2)),
    ],
)
def test_right_angles_and_flips_are_exact(matrix, expected):
    image = np.random.default_rng(0).random((6, 6)).astype(np.float32)
    np.testing.assert_allclose(turn(image, matrix), expected(image), atol=1e-5)


def test_extents_are_those_of_the_study():
    maps = draw_turns(4000, np.random.default_rng(1))
    determinant = np.linalg.det(maps)
    # A turn or flip keeps areas; shears by both axes change them by tan(9 deg)^2 at most.
    assert np.abs(np.abs(determinant) - 1).max() <= np.tan(np.radians(9)) ** 2 + 1e-9
    # Flips along each axis by a half: half of all images are mirrored.
    assert np.mean(determinant < 0) == pytest.approx(0.5, abs=0.04)
    # Neither turned (0.2) nor sheared (0.7 x 0.7): flips alone.
    plain = np.isclose(np.abs(maps), np.eye(2)).all(axis=(1, 2))
    assert np.mean(plain) == pytest.approx(0.2 * 0.49, abs=0.02)


def test_the_same_ground_turns_at_any_pixel_size():
    """A smooth hill, seen with pixels of 1 and of 4, is the same hill when both are turned."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j].astype(np.float32) * (63 / 64)
    hill = np.exp(-((x - 0.3) ** 2 + (y + 0.2) ** 2) * 4)
    coarse = hill.reshape(16, 4, 16, 4).mean(axis=(1, 3))
    matrix = draw_turns(20, np.random.default_rng(5))[7]
    fine = turn(hill, matrix).reshape(16, 4, 16, 4).mean(axis=(1, 3))
    inner = np.s_[4:-4, 4:-4]
    np.testing.assert_allclose(turn(coarse, matrix)[inner], fine[inner], atol=0.02)


def test_crops_are_about_the_middle():
    image = torch.arange(36).reshape(1, 1, 6, 6)
    np.testing.assert_array_equal(crop_middle(image, 2)[0, 0], [[14, 15], [20, 21]])
