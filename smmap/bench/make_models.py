"""Makes models of the published shapes."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.bench.card_inputs import CARD_INPUTS
from smmap.bench.rows import draw_rows, draw_training
from smmap.bench.settings import MODEL, NATIVE, require
from smmap.bench.shapes import NETWORK_SHAPES, SEED, TREE_SHAPES, NetworkShape, TreeShape, shrink
from smmap.spec.errors import ModelError
from smmap.store.atomic import report_store_errors

logger = logging.getLogger(__name__)

LIBRARIES = ("xgboost", "sklearn", "torch")
_CHECKED = 2000
_TREES_A_PART = 100
_TOLERANCE = 1e-6
"""Of forests, m3/m3; the trees of xgboost come back bit for bit."""


@dataclass(frozen=True)
class Made:
    """A model that was made."""

    name: str
    """Its folder."""
    parts: int
    """Nodes of all its trees, or weights of the network."""
    megabytes: float
    """Of the ONNX file, and the one beside it that holds its tensors."""
    seconds: float
    """How long it took."""


def make_models(out: Path, *, small: bool = False) -> Iterator[Made]:
    """Make each model in a folder of its own below ``out``, and say so when it is there.

    Trees are checked against the library that grew them.

    Parameters
    ----------
    out
        Made where it is not there; models in it are made again.
    small
        True: few trees on few rows, and narrow networks, in seconds.

    Raises
    ------
    ConfigError
        If a library is missing.
    ModelError
        If an ONNX file does not give what the library gives.
    StoreError
        If it cannot be written.
    """
    require("making the models", LIBRARIES)
    for shape in (*TREE_SHAPES, *NETWORK_SHAPES):
        yield _make(out, shrink(shape) if small else shape)


def _make(out: Path, shape: TreeShape | NetworkShape) -> Made:
    logger.info("making %s", shape.name)
    start = time.perf_counter()
    folder = out / shape.name
    with report_store_errors(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(shape, TreeShape):
            parts = _make_trees(folder, shape)
        else:
            from smmap.bench.network_file import write_weights

            parts = write_weights(folder, shape)
        size = sum(file.stat().st_size for file in folder.glob(f"{MODEL}*")) / 1e6
    return Made(shape.name, parts, size, time.perf_counter() - start)


def _make_trees(folder: Path, shape: TreeShape) -> int:
    from smmap.bench.package_card import write_card
    from smmap.export.sklearn_forest import SklearnForest
    from smmap.export.write_forest import write_forest
    from smmap.export.xgboost_forest import XgboostForest

    checked = draw_rows(shape.inputs, _CHECKED, SEED + 1)
    if shape.kind == "xgboost":
        booster = grow_booster(shape)
        booster.save_model(folder / NATIVE)
        expected = booster.inplace_predict(checked)
        written = write_forest(XgboostForest(booster), folder / MODEL)
    else:
        forest = grow_forest(shape)
        expected = forest.predict(checked).astype(np.float32)
        written = write_forest(SklearnForest(forest), folder / MODEL)
    _check(folder / MODEL, checked, expected, 0.0 if shape.kind == "xgboost" else _TOLERANCE)
    if shape.inputs == len(CARD_INPUTS):
        write_card(folder, shape, checked[:256], expected[:256])
    return written.nodes


def grow_booster(shape: TreeShape) -> Any:
    """A booster of xgboost.

    Every hundred trees get rows of their own, cut at the same points: trees that see the same few
    rows again and again learn them by heart, and the later ones have no branch left.
    """
    import xgboost

    options = {"tree_method": "hist", "seed": SEED, "base_score": 0.25, **shape.options}
    booster = first = None
    for start in range(0, shape.trees, _TREES_A_PART):
        part = draw_training(shape.inputs, shape.rows, [SEED, start])
        rows = xgboost.QuantileDMatrix(*part, ref=first)
        first = first or rows
        count = min(_TREES_A_PART, shape.trees - start)
        booster = xgboost.train(options, rows, count, xgb_model=booster)
        logger.info("%s: %d of %d trees", shape.name, start + count, shape.trees)
    return booster


def grow_forest(shape: TreeShape) -> Any:
    """A random forest of scikit-learn."""
    from sklearn.ensemble import RandomForestRegressor

    rows, target = draw_training(shape.inputs, shape.rows, [SEED])
    forest = RandomForestRegressor(shape.trees, random_state=SEED, n_jobs=-1, **shape.options)
    return forest.fit(rows, target)


def _check(
    path: Path, rows: NDArray[np.float32], expected: NDArray[np.float32], tolerance: float
) -> None:
    """Compare what smmap makes of the file with what its library says."""
    from smmap.model.open_session import open_session

    difference = float(np.abs(open_session(path, "cpu", None).run(rows)[:, 0] - expected).max())
    if not difference <= max(tolerance, 0.0):
        raise ModelError(
            f"{path}: differs by {difference:.2g} from the library that grew it; "
            "make it again, or try another version of the library"
        )
