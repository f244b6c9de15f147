"""Writes the package of a network with windows, once it has passed its gate."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from smmap.export.write_window_network import write_window_network
from smmap.model.package import load_model
from smmap.spec.card import ModelCard
from smmap.spec.windows import CELL
from smmap.store.atomic import report_store_errors
from smmap.store.checksum import compute_sha256
from smmap.train.fit_patches import FittedPatches
from smmap.train.package_files import (
    CARD,
    GOLDEN,
    check_package_folder,
    format_card,
    pack_arrays,
)
from smmap.train.patch_gate import TOLERANCE, Ranges, check_window_parity, draw_images, run_network
from smmap.train.write_package import complete_card, move_package

logger = logging.getLogger(__name__)

_FILE = "two-branch.onnx"
_GOLDEN_CELLS = 4


def write_patch_package(
    out: Path, draft: Mapping[str, Any], fitted: FittedPatches, ranges: Ranges, *, seed: int
) -> ModelCard:
    """Export, compare, and only then put the package into ``out``, its card last.

    Parameters
    ----------
    out
        The package's folder; what it holds stays as it is if anything fails.
    draft
        A model card without ``version``, ``members``, ``golden`` and ``windows``.
    ranges
        Of each branch's layers and of ``numbers``, scaled.
    seed
        Of the images that are compared, and of the golden ones: none is of the training data.

    Raises
    ------
    ModelError
        If the file predicts otherwise than the network.
    ConfigError
        If the draft is no card.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    check_package_folder(out)
    windows = fitted.windows
    with report_store_errors(str(out)):
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent)
    with staging as name:
        folder = Path(name)
        path = folder / _FILE
        write_window_network(fitted.network, path, draw_images(windows, ranges, 2, seed))
        checked = check_window_parity(fitted.network, path, windows, ranges, seed)
        parity = {_FILE: {"cells": checked.rows, "difference": float(checked.difference)}}
        entries = [{"file": _FILE, "sha256": compute_sha256(path), "weight": 1.0}]
        card = complete_card({**draft, "windows": windows.model_dump()}, entries, parity)
        golden = pack_arrays(_compute_golden(fitted, ranges, seed + 7))
        sha256 = hashlib.sha256(golden).hexdigest()
        found = {"file": GOLDEN, "sha256": sha256, "tolerance": TOLERANCE}
        card = ModelCard.parse(card.model_dump() | {"golden": found}, str(out / CARD))
        (folder / GOLDEN).write_bytes(golden)
        (folder / CARD).write_text(format_card(card), encoding="utf-8")
        load_model(folder, "cpu")  # the golden outputs must come back
        move_package(folder, out)
    logger.info("wrote model package %s (version %s)", out, card.version)
    return card


def _compute_golden(fitted: FittedPatches, ranges: Ranges, seed: int) -> dict[str, Any]:
    """Windows whose pixels are at one end of their range or the other, as these pack well."""
    drawn = [
        draw_images(fitted.windows, ranges, 1, seed + number, None)
        for number in range(_GOLDEN_CELLS)
    ]
    images = {
        name: np.concatenate([one[name] for one in drawn]) for name in (*_names(fitted), CELL)
    }
    outputs = run_network(fitted.network, images)[:, 0, 0, 0]
    return {**images, "outputs": outputs.astype(np.float32)}


def _names(fitted: FittedPatches) -> list[str]:
    return [one.name for one in fitted.windows.branches]
