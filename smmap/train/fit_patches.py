"""Fits a network with windows: batches of patches, best weights kept, checkpoints."""

from __future__ import annotations

import copy
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from smmap.features.array import Doubles
from smmap.fit.checkpoint import load_checkpoint, write_checkpoint
from smmap.fit.fit_state import FitState
from smmap.fit.network import reproducible
from smmap.fit.processor import cast, find_processor
from smmap.patchnet.augment import crop_middle, draw_turns, turn_images
from smmap.patchnet.network import TwoBranchNetwork
from smmap.spec.training_member import TwoBranch
from smmap.spec.windows import CELL, SizedWindows
from smmap.train.patch_samples import PatchSamples
from smmap.validation.split import Ints, Split

logger = logging.getLogger(__name__)

_AT_ONCE = 16
"""Patches that are predicted together."""
_DECAY_POWER = 0.9
_SEEDS = 1_000_003
"""Steps of one seed before those of the next begin."""


@dataclass(frozen=True)
class FittedPatches:
    """A network ready for prediction, on the processor."""

    network: TwoBranchNetwork
    """In ``eval``."""
    windows: SizedWindows
    """What it looks at, and fills."""
    detail: str
    """Its architecture in words."""

    def predict(self, samples: PatchSamples, rows: Ints) -> Doubles:
        """(n,) m3/m3."""
        return _predict(self.network, self.windows, samples, rows)


@dataclass(frozen=True)
class Course:
    """On what a network is fitted, and how."""

    spec: TwoBranch
    """Options."""
    samples: PatchSamples
    """Of which the split's rows are."""
    split: Split
    """Rows to fit on; its validation rows, if any, choose the weights that stay."""
    windows: SizedWindows
    """With the fills of the training rows."""
    seed: int
    """Of draws and first weights: the same seed, the same network."""

    def fit(self, checkpoints: Path | None = None) -> FittedPatches:
        """Huber loss, descent with momentum, a rate that falls to 0 with the power 0.9.

        Parameters
        ----------
        checkpoints
            Folder; a fit of the same options, rows and seed that was interrupted goes on from
            there and ends as if it had not been.

        Raises
        ------
        ConfigError
            If the processor that it asks for is not there.
        ModelError
            If a checkpoint is damaged.
        """
        spec, place = self.spec, find_processor(self.spec)
        path = checkpoints / f"{self._identify()}.pt" if checkpoints else None
        with reproducible(self.seed):
            state = self._begin(place)
            if path is not None and path.is_file():
                load_checkpoint(path, state)
            while state.epoch * spec.evaluate_every < spec.steps and not state.is_over(
                spec.patience
            ):
                first = state.epoch * spec.evaluate_every
                for step in range(first, min(first + spec.evaluate_every, spec.steps)):
                    self._run_step(state, step)
                state.epoch += 1
                state.keep_better(self._measure(state))
                if path is not None:
                    write_checkpoint(path, state)
            state.network.load_state_dict(state.best)
        steps = min(spec.steps, state.best_epoch * spec.evaluate_every)
        detail = f"two-branch, {spec.width:g} x Xception-65, {steps} steps of {spec.batch}"
        return FittedPatches(state.network.cpu().eval(), self.windows, detail)

    def _begin(self, place: torch.device) -> FitState[TwoBranchNetwork]:
        spec, one = self.spec, self.samples.samples
        fine, coarse = (len(branch.inputs) for branch in self.windows.branches)
        mean = float(one.truth[self.split.train].mean())
        network = TwoBranchNetwork((fine, coarse, one.rows.shape[1]), spec, mean).to(place)
        # Weights decay; batch norms and biases, which are vectors, do not.
        groups: list[dict[str, Any]] = [
            {"params": [each for each in network.parameters() if (each.ndim > 1) == decays]}
            | {"weight_decay": spec.weight_decay * decays}
            for decays in (True, False)
        ]
        optimiser = torch.optim.SGD(groups, lr=spec.learning_rate, momentum=spec.momentum)
        return FitState(network, optimiser, copy.deepcopy(network.state_dict()))

    def _run_step(self, state: FitState[TwoBranchNetwork], step: int) -> None:
        """One batch. All that is drawn follows from seed and step: a fit can go on anywhere."""
        spec, train = self.spec, self.split.train
        rng = np.random.default_rng([self.seed, step])
        torch.manual_seed(self.seed * _SEEDS + step)
        place = state.network.mean.device
        rows = rng.choice(train, min(spec.batch, len(train)), replace=False)
        images = _to_tensors(self.samples.load(rows, list_fills(self.windows)), place)
        turns = torch.from_numpy(draw_turns(len(rows), rng)).float().to(place)
        for one in self.windows.branches:
            if spec.augment:
                images[one.name] = turn_images(images[one.name], turns)
            images[one.name] = crop_middle(images[one.name], one.window)
        truth = torch.from_numpy(self.samples.samples.truth[rows]).float().to(place)
        for group in state.optimiser.param_groups:
            group["lr"] = spec.learning_rate * (1 - step / spec.steps) ** _DECAY_POWER
        network = state.network.train()
        with cast(spec, place):
            found = network(*images.values())[:, 0, 0, 0]
        loss = nn.functional.huber_loss(found.float(), truth, delta=spec.huber)
        state.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimiser.step()

    def _measure(self, state: FitState[TwoBranchNetwork]) -> float | None:
        """Mean squared error of the validation rows; None without such rows."""
        rows = self.split.validation
        if not len(rows):
            return None
        predicted = _predict(state.network, self.windows, self.samples, rows)
        error = float(np.mean((predicted - self.samples.samples.truth[rows]) ** 2))
        logger.info("%d: RMSE %.4f m3/m3 of validation", state.epoch, error**0.5)
        return error

    def _identify(self) -> str:
        """Of what decides a fit."""
        one, split = self.samples.samples, self.split
        said = f"{self.spec.model_dump_json()} {self.windows.model_dump_json()} {self.seed}"
        said += "".join(f" without {name}" for name in self.samples.changed)
        digest = hashlib.sha256(f"{said} {self.samples.store.parts}".encode())
        digest.update(one.frame.to_csv(index=False).encode())  # with scenes' fingerprints
        for part in (one.truth, one.rows, split.train, split.validation):
            digest.update(part.tobytes())
        return digest.hexdigest()[:16]


def list_fills(windows: SizedWindows) -> dict[str, float]:
    """Of all branches' inputs."""
    return {name: value for one in windows.branches for name, value in one.fills.items()}


def _predict(
    network: TwoBranchNetwork, windows: SizedWindows, samples: PatchSamples, rows: Ints
) -> Doubles:
    """(n,) m3/m3, where the network is."""
    network.eval()
    sides = {one.name: one.window for one in windows.branches}
    found = [np.empty(0)]
    with torch.inference_mode():
        for start in range(0, len(rows), _AT_ONCE):
            images = samples.load(rows[start : start + _AT_ONCE], list_fills(windows), sides)
            sm = network(*_to_tensors(images, network.mean.device).values())
            found.append(sm[:, 0, 0, 0].double().cpu().numpy())
    return np.concatenate(found)


def _to_tensors(
    images: Mapping[str, NDArray[np.float32]], place: torch.device
) -> dict[str, Tensor]:
    """In the network's order: branches, then numbers a cell."""
    ordered = {name: one for name, one in images.items() if name != CELL} | {CELL: images[CELL]}
    return {name: torch.from_numpy(one).to(place) for name, one in ordered.items()}
