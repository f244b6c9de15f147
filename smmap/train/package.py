"""Writes the package of a model of simulated cases: card, ONNX file, golden rows, domain."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from smmap.fit.network import WIDTH, Network, predict
from smmap.spec.card import Domain, Golden, Member, ModelCard
from smmap.spec.simulated_training import SimulatedRecipe
from smmap.store.atomic import write_atomic
from smmap.train.package_files import (
    CARD,
    GOLDEN,
    check_package_folder,
    format_card,
    pack_arrays,
)
from smmap.version import __version__

logger = logging.getLogger(__name__)

MODEL = "model.onnx"
DOMAIN = "domain.npz"

DOMAIN_EDGES = {
    "vv": np.arange(-30.0, 5.1, 0.5),
    "incidence_deg": np.arange(29.0, 46.1, 1.0),
    "ndvi": np.arange(0, 1.01, 0.05),
}
"""Edges of the occupancy grid: dB of co-polarised backscatter, degrees, 1. Cross-polarised
backscatter is no axis, as four would leave too few cases in a bin."""
LEAST_CASES_SHARE = 1e-5
"""Share of the cases that a bin must hold to count as occupied; never fewer than 3 cases."""

_GOLDEN_ROWS = 256


@dataclass(frozen=True)
class PhysicsTraining:
    """A finished training."""

    recipe: SimulatedRecipe
    """What was asked for."""
    inputs: NDArray[np.float32]
    """What it was fitted on, shape (n, inputs)."""
    network: Network
    """Fitted."""
    model: bytes
    """The network as ONNX."""
    metrics: Mapping[str, Any]
    """Figures with the split they come from."""


def write_package(out: Path, training: PhysicsTraining) -> ModelCard:
    """Write the package into ``out``, its card last.

    Raises
    ------
    StoreError
        If ``out`` holds something that is not a model package, or cannot be written.
    """
    check_package_folder(out)
    files = {
        MODEL: training.model,
        GOLDEN: pack_arrays(compute_golden(training)),
        DOMAIN: pack_arrays(compute_domain(training.inputs, _find_axes(training.recipe))),
    }
    card = _make_card(training, {n: hashlib.sha256(d).hexdigest() for n, d in files.items()})
    for name, data in files.items():
        write_atomic(out / name, data)
    write_atomic(out / CARD, format_card(card).encode())
    logger.info("wrote model package %s (version %s)", out, card.version)
    return card


def compute_golden(training: PhysicsTraining) -> dict[str, NDArray[Any]]:
    """Rows and what must come back: from the network itself, not from its export.

    The last rows lack one input each, and so have no output.
    """
    step, columns = max(len(training.inputs) // _GOLDEN_ROWS, 1), training.inputs.shape[1]
    inputs = np.concatenate([training.inputs[::step][:_GOLDEN_ROWS], training.inputs[:columns]])
    inputs[-columns:][np.eye(columns, dtype=bool)] = np.nan
    outputs = predict(training.network, inputs)[:, 0]
    return {"inputs": inputs, "outputs": np.where(np.isnan(inputs).any(1), np.nan, outputs)}


def compute_domain(
    inputs: NDArray[np.float32], axes: Mapping[int, NDArray[np.float64]]
) -> dict[str, NDArray[Any]]:
    """Occupancy of a grid by simulated cases.

    Parameters
    ----------
    inputs
        (n, inputs).
    axes
        Number of an input -> edges of its bins.
    """
    counts, edges = np.histogramdd(inputs[:, list(axes)], bins=list(axes.values()))
    occupied = counts >= max(LEAST_CASES_SHARE * len(inputs), 3)
    return {"occupied": occupied} | {f"edges_{i}": edge for i, edge in enumerate(edges)}


def _find_axes(recipe: SimulatedRecipe) -> dict[int, NDArray[np.float64]]:
    keys = [one.options.get("polarisation", one.feature) for one in recipe.inputs]
    return {i: DOMAIN_EDGES[key] for i, key in enumerate(keys) if key in DOMAIN_EDGES}


def _make_card(training: PhysicsTraining, sha256: Mapping[str, str]) -> ModelCard:
    recipe = training.recipe
    low, high = training.inputs.min(0), training.inputs.max(0)
    inputs = tuple(
        one.model_copy(
            update={"training_range": (round(float(low[i]), 3), round(float(high[i]), 3))}
        )
        for i, one in enumerate(recipe.inputs)
    )
    settings: dict[str, Any] = {
        "cases": recipe.simulated.cases,
        "seed": recipe.seed,
        "epochs": recipe.epochs,
    }
    flags = " ".join(f"--{name} {value}" for name, value in settings.items())
    return ModelCard(
        name=recipe.name,
        version=f"1.0+{sha256[MODEL][:8]}",
        title=recipe.title,
        description=recipe.description,
        architecture=f"MLP {len(inputs)}-{WIDTH}-{WIDTH}-2 tanh, mean and log variance",
        licence=recipe.licence,
        citations=recipe.citations,
        radiometry="sigma0_ellipsoid",
        missing="invalid",
        inputs=inputs,
        members=(Member(file=MODEL, sha256=sha256[MODEL]),),
        output=recipe.output,
        golden=Golden(file=GOLDEN, sha256=sha256[GOLDEN]),
        domain=Domain(
            file=DOMAIN,
            sha256=sha256[DOMAIN],
            inputs=tuple(inputs[i].name for i in _find_axes(recipe)),
        ),
        metrics=dict(training.metrics),
        training={
            "command": f"smmap train {recipe.name} --out models/{recipe.name} {flags}",
            **settings,
            "smmap": __version__,
            "torch": torch.__version__.split("+", maxsplit=1)[0],
            "onnx": onnx.__version__,
        },
        expectations=recipe.expectations,
    )
