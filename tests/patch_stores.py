"""Stores of patches whose soil moisture follows from their images by a law written here."""

from __future__ import annotations

import numpy as np
import pandas as pd

from smmap.patches.layout import PatchBranch, PatchLayout
from smmap.patches.write import open_patch_writer
from smmap.train.train_table import load_recipe

FINE, COARSE = 320, 20
"""Pixels a side: enough for the small form."""


def make_layout(recipe, fine=FINE, coarse=COARSE):
    """What the recipe asks for."""
    inputs = {one.name: one for one in recipe.inputs}
    windows = recipe.windows
    branches = [
        PatchBranch(
            name=one.name,
            pixel_m=one.pixel_m,
            side=side,
            inputs=tuple(inputs[name] for name in one.inputs),
        )
        for one, side in zip(windows.branches, (fine, coarse), strict=True)
    ]
    cell = tuple(inputs[name] for name in windows.list_cell_inputs(list(inputs)))
    return PatchLayout(branches=tuple(branches), numbers=cell, provenance={"made": "by a test"})


def draw_patches(count, seed, fine=FINE, coarse=COARSE):
    """Images and truth: wetter where VV and VH are stronger, and where SMAP is."""
    rng = np.random.default_rng(seed)
    wet = rng.uniform(0, 1, count)
    smap, gldas = rng.uniform(0.1, 0.4, (2, count))
    level = np.column_stack(
        [
            -16 + 8 * wet,
            -22 + 6 * wet,
            np.full(count, 38.0),
            rng.uniform(0.1, 0.12, (count, 6)),
            rng.uniform(100, 110, count),
        ]
    )
    speckle = rng.normal(0, 1, (count, 2, fine, fine))
    images = np.broadcast_to(level[:, :, None, None], (count, 10, fine, fine)).astype(np.float32)
    images[:, :2] += speckle
    soil = np.column_stack([rng.uniform(30, 33, (count, 3)), rng.uniform(1.3, 1.4, count)])
    below = np.broadcast_to(soil[:, :, None, None], (count, 4, coarse, coarse)).astype(np.float32)
    truth = 0.05 + 0.25 * wet + 0.3 * (smap - 0.1)
    return {
        "fine": images,
        "coarse": below,
        "numbers": np.column_stack([smap, gldas]).astype(np.float32),
    }, truth


def write_store(root, stations=10, samples=6, seed=0):
    """One part a station."""
    recipe = load_recipe("batchu2023")
    with open_patch_writer(root, make_layout(recipe)) as writer:
        for station in range(stations):
            images, truth = draw_patches(samples, seed * 1000 + station)
            table = pd.DataFrame(
                {
                    "network": "drawn",
                    "station": f"s{station:02d}",
                    "time": pd.date_range("2020-01-01", periods=samples, freq="6D", tz="UTC"),
                    "soil_moisture": truth,
                    "fine_valid": 1.0,
                    "coarse_valid": 1.0,
                }
            )
            writer.put(f"s{station:02d}", images, table)
    return root
