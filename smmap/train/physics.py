"""The physics model: trained on simulated cases, it needs nobody's in-situ data."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles
from smmap.simulate.database import Cases, draw_cases
from smmap.simulate.soil import OH_SOIL_MOISTURE_RANGE, SoilModel
from smmap.train.evaluation import compute_metrics, compute_metrics_by_class
from smmap.train.export import check_export, export_network
from smmap.train.network import Network, fit_network, predict
from smmap.train.package import PhysicsTraining, write_package

logger = logging.getLogger(__name__)

NDVI_CLASSES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Edges of the classes of true NDVI in the metrics."""
LOOKS_CLASSES = (20.0, 50.0, 100.0, 201.0)
"""Edges of the classes of equivalent number of looks in the metrics."""
ORBIT_ANGLES_DEG = (30.0, 35.0, 40.0, 45.0)
"""Angles at which the same fields are looked at, to see whether orbits differ."""

_CHECKED_CASES = 100_000
# Held-out cases come from seeds that nobody would train with.
_HELD_OUT_SEEDS = 1_000_003


def train_physics(
    out: Path, *, cases: int = 600_000, seed: int = 0, epochs: int = 30
) -> PhysicsTraining:
    """Draw cases, train, export, judge, and write the package.

    Parameters
    ----------
    out
        Folder of the package; made, or replaced where it holds a package already.
    cases
        Simulated cases to train on; a third as many again, of other seeds, judge it.
    seed
        Of everything; the same seed on the same machine gives the same files.
    epochs
        Passes over the cases.

    Returns
    -------
    PhysicsTraining
        What the package says of itself.

    Raises
    ------
    ModelError
        If the export differs from the network.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    held_out = max(cases // 3, 10_000)
    other_seed = _HELD_OUT_SEEDS + seed
    logger.info("drawing %d cases", cases)
    fitted = draw_cases(cases, seed)
    network = _fit(fitted, epochs=epochs, seed=seed)
    test = draw_cases(held_out, other_seed)
    model = export_network(network)
    difference = check_export(network, model, select_inputs(draw_cases(_CHECKED_CASES, seed)))
    logger.info("ONNX equals the network within %.1e", difference)
    metrics = {
        "simulated_baghdadi2016": _judge(network, test),
        "same_fields_by_incidence_deg": _judge_orbits(network, held_out, other_seed),
        "structural": _judge_structure(held_out, epochs=epochs, seed=seed),
    }
    result = PhysicsTraining(
        inputs=select_inputs(fitted),
        network=network,
        model=model,
        metrics=metrics,
        settings={"cases": cases, "seed": seed, "epochs": epochs},
    )
    write_package(out, result)
    return result


def select_inputs(cases: Cases) -> NDArray[np.float32]:
    """Columns of the model: VV (dB), incidence (degrees), observed NDVI; shape (n, 3)."""
    columns = (cases.vv_db, cases.incidence_deg, cases.ndvi_observed)
    return np.column_stack(columns).astype(np.float32)


def _fit(cases: Cases, *, epochs: int, seed: int) -> Network:
    return fit_network(
        select_inputs(cases), cases.soil_moisture.astype(np.float32), epochs=epochs, seed=seed
    )


def _predict(network: Network, cases: Cases) -> tuple[Doubles, Doubles]:
    """Soil moisture and its standard deviation, m3/m3."""
    outputs = predict(network, select_inputs(cases)).astype(np.float64)
    return outputs[:, 0], np.exp(outputs[:, 1] / 2)


def _judge(network: Network, test: Cases) -> dict[str, Any]:
    predicted, spread = _predict(network, test)
    truth = test.soil_moisture
    covered = float(np.mean(np.abs(predicted - truth) <= spread))
    return {
        "overall": compute_metrics(predicted, truth),
        "within_one_uncertainty": round(covered, 3),
        "by_ndvi": compute_metrics_by_class(predicted, truth, test.ndvi, NDVI_CLASSES),
        "by_looks": compute_metrics_by_class(predicted, truth, test.looks, LOOKS_CLASSES),
    }


def _judge_orbits(network: Network, n: int, seed: int) -> dict[str, Any]:
    """The same fields at several angles: bias must not tell one orbit from another."""
    results = {}
    for angle in ORBIT_ANGLES_DEG:
        cases = draw_cases(n, seed, incidence_deg=angle)
        results[f"{angle:g}"] = compute_metrics(_predict(network, cases)[0], cases.soil_moisture)
    return results


def _judge_structure(cases: int, *, epochs: int, seed: int) -> dict[str, Any]:
    """Trained on one soil model, tested on the other: what the choice of physics is worth.

    All within the soil moisture where both hold, so that the prior is the same.
    """
    soils: tuple[SoilModel, ...] = ("baghdadi2016", "oh2004")
    both = OH_SOIL_MOISTURE_RANGE
    results: dict[str, Any] = {"soil_moisture_range": list(both)}
    for trained in soils:
        logger.info("training on %s within %s m3/m3, for the structural uncertainty", trained, both)
        network = _fit(
            draw_cases(cases, seed, trained, soil_moisture_range=both), epochs=epochs, seed=seed
        )
        for tested in soils:
            test = draw_cases(cases, _HELD_OUT_SEEDS + seed, tested, soil_moisture_range=both)
            predicted, _ = _predict(network, test)
            scores = compute_metrics(predicted, test.soil_moisture)
            results[f"trained_{trained}_tested_{tested}"] = scores
    return results
