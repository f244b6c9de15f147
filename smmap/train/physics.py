"""Models trained on simulated cases: they need nobody's in-situ data."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.features.array import Doubles
from smmap.fit.network import Network, fit_network, predict
from smmap.simulate.database import Cases, draw_cases
from smmap.simulate.soil import OH_SOIL_MOISTURE_RANGE, SoilModel
from smmap.spec.simulated_training import SimulatedRecipe
from smmap.train.evaluation import compute_metrics, compute_metrics_by_class
from smmap.train.export import check_export, export_network
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


def train_physics(recipe: SimulatedRecipe, out: Path) -> PhysicsTraining:
    """Draw cases, train, export, judge, and write the package.

    Parameters
    ----------
    recipe
        Inputs, cases, passes and the seed of everything; the same recipe on the same machine
        gives the same files.
    out
        Folder of the package; made, or replaced where it holds a package already.

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
    school = _School(recipe)
    cases, seed = recipe.simulated.cases, recipe.seed
    held_out = max(cases // 3, 10_000)
    other_seed = _HELD_OUT_SEEDS + seed
    logger.info("drawing %d cases", cases)
    fitted = school.draw(cases, seed)
    network = school.fit(fitted)
    test = school.draw(held_out, other_seed)
    model = export_network(network)
    checked = school.select(school.draw(_CHECKED_CASES, seed))
    logger.info("ONNX equals the network within %.1e", check_export(network, model, checked))
    metrics = {
        "simulated_baghdadi2016": _judge(school, network, test),
        "same_fields_by_incidence_deg": _judge_orbits(school, network, held_out, other_seed),
        "structural": _judge_structure(school, held_out),
    }
    result = PhysicsTraining(recipe, school.select(fitted), network, model, metrics)
    write_package(out, result)
    return result


@dataclass(frozen=True)
class _School:
    """What is drawn, what of it is seen, and how it is fitted."""

    recipe: SimulatedRecipe

    def draw(
        self,
        n: int,
        seed: int,
        soil_model: SoilModel = "baghdadi2016",
        *,
        incidence_deg: float | None = None,
        soil_moisture_range: tuple[float, float] | None = None,
    ) -> Cases:
        """Of n cases those that the recipe takes."""
        cases = draw_cases(
            n,
            seed,
            soil_model,
            incidence_deg=incidence_deg,
            soil_moisture_range=soil_moisture_range,
        )
        most = self.recipe.simulated.ndvi_most
        return cases if most is None else cases.select(cases.ndvi_observed <= most)

    def select(self, cases: Cases) -> NDArray[np.float32]:
        """What the model takes, shape (n, inputs)."""
        columns = {
            "vv": cases.vv_db,
            "vh": cases.vh_db,
            "incidence_deg": cases.incidence_deg,
            "ndvi": cases.ndvi_observed,
        }
        keys = [one.options.get("polarisation", one.feature) for one in self.recipe.inputs]
        return np.column_stack([columns[key] for key in keys]).astype(np.float32)

    def fit(self, cases: Cases) -> Network:
        """A network that has seen these cases."""
        truth = cases.soil_moisture.astype(np.float32)
        recipe = self.recipe
        return fit_network(self.select(cases), truth, epochs=recipe.epochs, seed=recipe.seed)

    def predict(self, network: Network, cases: Cases) -> tuple[Doubles, Doubles]:
        """Soil moisture and its standard deviation, m3/m3."""
        outputs = predict(network, self.select(cases)).astype(np.float64)
        return outputs[:, 0], np.exp(outputs[:, 1] / 2)


def _judge(school: _School, network: Network, test: Cases) -> dict[str, Any]:
    predicted, spread = school.predict(network, test)
    truth = test.soil_moisture
    covered = float(np.mean(np.abs(predicted - truth) <= spread))
    return {
        "overall": compute_metrics(predicted, truth),
        "within_one_uncertainty": round(covered, 3),
        "by_ndvi": compute_metrics_by_class(predicted, truth, test.ndvi, NDVI_CLASSES),
        "by_looks": compute_metrics_by_class(predicted, truth, test.looks, LOOKS_CLASSES),
    }


def _judge_orbits(school: _School, network: Network, n: int, seed: int) -> dict[str, Any]:
    """The same fields at several angles: bias must not tell one orbit from another."""
    results = {}
    for angle in ORBIT_ANGLES_DEG:
        cases = school.draw(n, seed, incidence_deg=angle)
        results[f"{angle:g}"] = compute_metrics(
            school.predict(network, cases)[0], cases.soil_moisture
        )
    return results


def _judge_structure(school: _School, cases: int) -> dict[str, Any]:
    """Trained on one soil model, tested on the other: what the choice of physics is worth.

    All within the soil moisture where both hold, so that the prior is the same.
    """
    soils: tuple[SoilModel, ...] = ("baghdadi2016", "oh2004")
    both = OH_SOIL_MOISTURE_RANGE
    seed = school.recipe.seed
    results: dict[str, Any] = {"soil_moisture_range": list(both)}
    for trained in soils:
        logger.info("training on %s within %s m3/m3, for the structural uncertainty", trained, both)
        network = school.fit(school.draw(cases, seed, trained, soil_moisture_range=both))
        for tested in soils:
            test = school.draw(cases, _HELD_OUT_SEEDS + seed, tested, soil_moisture_range=both)
            predicted, _ = school.predict(network, test)
            scores = compute_metrics(predicted, test.soil_moisture)
            results[f"trained_{trained}_tested_{tested}"] = scores
    return results
