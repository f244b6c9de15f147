"""Writes the physics model's package: card, ONNX file, golden rows, domain."""

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

from smmap.spec.card import Domain, Golden, Member, ModelCard, ModelInput, ModelOutput
from smmap.store.atomic import write_atomic
from smmap.train.network import WIDTH, Network, predict
from smmap.train.package_files import (
    CARD,
    GOLDEN,
    check_package_folder,
    format_card,
    pack_arrays,
)
from smmap.train.physics_text import CITATIONS, DESCRIPTION, EXPECTATIONS
from smmap.version import __version__

logger = logging.getLogger(__name__)

MODEL = "model.onnx"
DOMAIN = "domain.npz"

INPUTS = ("vv_db", "incidence_deg", "ndvi")
"""Names of the model's columns, in order."""
DOMAIN_EDGES = (np.arange(-30.0, 5.1, 0.5), np.arange(29.0, 46.1, 1.0), np.arange(0, 1.01, 0.05))
"""Edges of the occupancy grid over `INPUTS`: dB, degrees, 1."""
LEAST_CASES_SHARE = 1e-5
"""Share of the cases that a bin must hold to count as occupied; never fewer than 3 cases."""

_GOLDEN_ROWS = 256


@dataclass(frozen=True)
class PhysicsTraining:
    """A finished training."""

    inputs: NDArray[np.float32]
    """What it was fitted on, shape (n, 3)."""
    network: Network
    """Fitted."""
    model: bytes
    """The network as ONNX."""
    metrics: Mapping[str, Any]
    """Figures with the split they come from."""
    settings: Mapping[str, Any]
    """Cases, seed, epochs."""


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
        DOMAIN: pack_arrays(compute_domain(training.inputs)),
    }
    card = _make_card(training, {n: hashlib.sha256(d).hexdigest() for n, d in files.items()})
    for name, data in files.items():
        write_atomic(out / name, data)
    write_atomic(out / CARD, format_card(card).encode())
    logger.info("wrote model package %s (version %s)", out, card.version)
    return card


def compute_golden(training: PhysicsTraining) -> dict[str, NDArray[Any]]:
    """Rows and what must come back: from the network itself, not from its export.

    The last three rows lack one input each, and so have no output.
    """
    step = max(len(training.inputs) // _GOLDEN_ROWS, 1)
    inputs = np.concatenate([training.inputs[::step][:_GOLDEN_ROWS], training.inputs[:3]])
    inputs[-3:][np.eye(3, dtype=bool)] = np.nan
    outputs = predict(training.network, inputs)[:, 0]
    return {"inputs": inputs, "outputs": np.where(np.isnan(inputs).any(1), np.nan, outputs)}


def compute_domain(inputs: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Occupancy of `DOMAIN_EDGES` by simulated cases, shape (n, 3)."""
    counts, edges = np.histogramdd(inputs, bins=DOMAIN_EDGES)
    occupied = counts >= max(LEAST_CASES_SHARE * len(inputs), 3)
    return {"occupied": occupied} | {f"edges_{i}": edge for i, edge in enumerate(edges)}


def _make_card(training: PhysicsTraining, sha256: Mapping[str, str]) -> ModelCard:
    low, high = training.inputs.min(0), training.inputs.max(0)
    derivations: list[tuple[str, dict[str, Any], str]] = [
        ("backscatter_db", {"polarisation": "vv"}, "dB"),
        ("incidence_deg", {}, "degree"),
        ("ndvi", {}, "1"),
    ]
    inputs = tuple(
        ModelInput(
            name=name,
            feature=feature,
            options=options,
            units=units,
            training_range=(round(float(low[i]), 3), round(float(high[i]), 3)),
        )
        for i, (name, (feature, options, units)) in enumerate(zip(INPUTS, derivations, strict=True))
    )
    settings = training.settings
    flags = " ".join(f"--{name} {value}" for name, value in settings.items())
    return ModelCard(
        name="physics",
        version=f"1.0+{sha256[MODEL][:8]}",
        title="Soil moisture from Sentinel-1 VV, incidence angle and NDVI, by simulated physics",
        description=DESCRIPTION,
        architecture=f"MLP {len(INPUTS)}-{WIDTH}-{WIDTH}-2 tanh, mean and log variance",
        licence="Apache-2.0",
        citations=CITATIONS,
        radiometry="sigma0_ellipsoid",
        missing="invalid",
        inputs=inputs,
        members=(Member(file=MODEL, sha256=sha256[MODEL]),),
        output=ModelOutput(columns=("sm", "log_variance"), unreliable_above=0.40),
        golden=Golden(file=GOLDEN, sha256=sha256[GOLDEN]),
        domain=Domain(file=DOMAIN, sha256=sha256[DOMAIN], inputs=INPUTS),
        metrics=dict(training.metrics),
        training={
            "command": f"smmap train physics --out models/physics {flags}",
            **settings,
            "smmap": __version__,
            "torch": torch.__version__.split("+", maxsplit=1)[0],
            "onnx": onnx.__version__,
        },
        expectations=EXPECTATIONS,
    )
