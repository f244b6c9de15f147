"""Trains networks of PyTorch: batches, early stopping, checkpoints."""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from smmap.export.rounding import to_double
from smmap.export.write_network import write_network
from smmap.features.array import Doubles
from smmap.fit.architectures import Scaled, build_network
from smmap.fit.checkpoint import load_checkpoint, write_checkpoint
from smmap.fit.fit_state import FitState
from smmap.fit.fitted import Lesson, Rows
from smmap.fit.network import reproducible
from smmap.fit.processor import cast, find_processor
from smmap.spec.training_member import Cnn1d, Lstm, Tabnet
from smmap.validation.split import number_groups

logger = logging.getLogger(__name__)

_EVERY = 10
"""Passes between checkpoints."""
_AT_ONCE = 8192
"""Rows predicted together."""
_STEEPEST = 1.0
"""Norm of the gradient that a step of TabNet takes at most, as pytorch-tabnet has it."""
_COMPARED = 1000
"""Rows that the exporter itself compares."""


class FittedNetwork:
    """A network ready for prediction."""

    is_trees = False
    takes_missing = False
    tolerance = 1e-5

    def __init__(self, network: Scaled, detail: str, inputs: int) -> None:
        self._network, self.detail, self._inputs = network, detail, inputs

    def predict(self, rows: Rows) -> Doubles:
        """(n,) m3/m3."""
        return predict(self._network, rows)

    def measure_rounding(self, rows: Rows) -> float:
        """Largest difference between what it predicts and what it would in float64, m3/m3."""
        exact = predict(to_double(self._network), rows.astype(np.float64))
        return float(np.abs(self.predict(rows) - exact).max(initial=0.0))

    def list_thresholds(self) -> Mapping[int, NDArray[np.float32]]:
        """None."""
        return {}

    def write(self, path: Path) -> None:
        """Write it as ONNX."""
        drawn = np.random.default_rng(0).standard_normal((_COMPARED, self._inputs))
        spread = self._network.mean.numpy() + drawn * self._network.std.numpy()
        rows = spread.astype(np.float32)
        write_network(self._network, path, rows, tolerance=self.tolerance)


def fit_torch(
    spec: Cnn1d | Lstm | Tabnet, lesson: Lesson, seed: int, checkpoints: Path | None
) -> FittedNetwork:
    """Fit a network by mean squared error, with Adam.

    Parameters
    ----------
    checkpoints
        Folder; a fit of the same options, rows and seed that was interrupted goes on from there,
        and one that ended is not made again.

    Raises
    ------
    ConfigError
        If the processor that it asks for is not there.
    ModelError
        If a checkpoint is damaged.
    """
    device = find_processor(spec)
    path = checkpoints / f"{_identify(spec, lesson, seed)}.pt" if checkpoints else None
    with reproducible(seed):
        train, held = _hold_out(spec, lesson, seed)
        network = build_network(spec, lesson.rows[train], lesson.truth[train], lesson.steps)
        network = network.to(device)
        optimiser = torch.optim.Adam(network.parameters(), lr=spec.learning_rate)
        state = FitState(network, optimiser, copy.deepcopy(network.state_dict()))
        if path is not None and path.is_file():
            load_checkpoint(path, state)
        x = torch.tensor(lesson.rows[train], device=device)
        y = torch.tensor(lesson.truth[train], dtype=torch.float32, device=device)
        while state.epoch < spec.epochs and not state.is_over(spec.patience):
            _run_epoch(spec, state, x, y)
            state.keep_better(_measure(network, lesson.rows[held], lesson.truth[held]))
            if path is not None and (state.epoch % _EVERY == 0 or state.epoch == spec.epochs):
                write_checkpoint(path, state)
        network.load_state_dict(state.best)
    passes = f"{state.best_epoch or state.epoch} passes"
    return FittedNetwork(network.cpu().eval(), f"{spec.kind}, {passes}", lesson.rows.shape[1])


def predict(network: Scaled, rows: NDArray[np.floating[Any]]) -> Doubles:
    """(n,) m3/m3."""
    network.eval()
    with torch.inference_mode():
        moved = torch.tensor(rows, device=network.mean.device)
        parts = [network(part) for part in torch.split(moved, _AT_ONCE)]
        return np.asarray(torch.cat(parts)[:, 0].cpu().numpy(), dtype=np.float64)


def _run_epoch(
    spec: Cnn1d | Lstm | Tabnet, state: FitState[Scaled], x: torch.Tensor, y: torch.Tensor
) -> None:
    network = state.network.train()
    target = ((y - network.target_mean) / network.target_std).unsqueeze(1)
    for chosen in torch.split(torch.randperm(len(x)), spec.batch):
        if len(chosen) < 2:  # of which batch norms make nothing
            continue
        with cast(spec, x.device):
            found, added = network.estimate(x[chosen])
        loss = torch.nn.functional.mse_loss(found.float(), target[chosen]) + added
        state.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if spec.kind == "tabnet":
            torch.nn.utils.clip_grad_norm_(network.parameters(), _STEEPEST)
        state.optimiser.step()
    state.epoch += 1


def _measure(network: Scaled, rows: Rows, truth: Doubles) -> float | None:
    """Mean squared error of rows that were held out; None without such rows."""
    return float(np.mean((predict(network, rows) - truth) ** 2)) if len(rows) else None


def _hold_out(
    spec: Cnn1d | Lstm | Tabnet, lesson: Lesson, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to fit on, and rows of other groups that stop it; at least one group fits."""
    codes, count = number_groups(lesson.groups, "early stopping")
    rows = np.arange(len(codes), dtype=np.int64)
    if not spec.patience or count < 2:
        return rows, rows[:0]
    size = min(max(1, round(count * spec.held_out)), count - 1)
    chosen = np.random.default_rng(seed).permutation(count)[:size]
    held = np.isin(codes, chosen)
    return rows[~held], rows[held]


def _identify(spec: Cnn1d | Lstm | Tabnet, lesson: Lesson, seed: int) -> str:
    """Of what decides a fit."""
    said = f"{spec.model_dump_json()} {seed} {lesson.rows.shape}".encode()
    groups = "\n".join(lesson.groups.astype(str)).encode()
    digest = hashlib.sha256(said + lesson.rows.tobytes() + lesson.truth.tobytes() + groups)
    return digest.hexdigest()[:16]
