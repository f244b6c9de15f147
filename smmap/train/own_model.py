"""Packages a model that somebody trained elsewhere."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.features.builder import compute_required_layers
from smmap.features.scaling import compute_scaled
from smmap.spec.card import CyclicScaling, ModelCard, ModelInput, ModelOutput
from smmap.spec.errors import ConfigError, ModelError
from smmap.spec.history import History
from smmap.store.documents import load_yaml
from smmap.train.own_file import load_own
from smmap.train.package_files import GOLDEN, check_package_place
from smmap.train.write_package import PackagedMember, write_package
from smmap.version import __version__

logger = logging.getLogger(__name__)

_MADE = ("version", "members", "golden")
"""Keys of the card that exporting makes."""


def export_own(file: Path, card: Path, out: Path, *, seed: int = 0) -> ModelCard:
    """Export a model file, compare, and write its package.

    Parameters
    ----------
    file
        XGBoost's ``.json`` or ``.ubj``, scikit-learn's as ``.skops``, or ``.onnx``.
    card
        YAML of a model card without ``version``, ``members`` and ``golden``; each input needs
        its ``training_range``.
    out
        The package's folder; nothing in it changes if anything fails.
    seed
        Of the rows that are compared.

    Raises
    ------
    ConfigError
        If the card is not valid, or a library is missing.
    ModelError
        If the file is a pickle, cannot be read, does not fit the card, gives nothing that is
        soil moisture, or its export differs.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    check_package_place(out)
    draft = _load_draft(card)
    inputs = [ModelInput.parse(one, f"{card}, inputs") for one in draft["inputs"]]
    history = History.parse(draft["history"], f"{card}, history") if draft.get("history") else None
    own = load_own(file)
    columns = history.count_columns(len(inputs)) if history else len(inputs)
    if own.features not in (None, columns):
        raise ModelError(f"{file}: takes {own.features} inputs, {card} names {columns}")
    _check_order(own.names, inputs, file, card)
    made = {"command": f"smmap export {file.name}", "model": own.fitted.detail}
    training = {"smmap": __version__, "seed": seed, **(draft.get("training") or {}), **made}
    draft |= {"training": training}
    members = [PackagedMember("model", 1.0, own.fitted)]
    ranges = _scale_ranges(inputs, str(card))
    if history is not None:
        step = np.vstack([ranges, np.array([[0, history.days]], np.float32)])
        ranges = np.tile(step, (history.overpasses, 1))
    valid_range = ModelOutput.parse(draft["output"], f"{card}, output").valid_range
    return write_package(out, draft, members, ranges, seed=seed, within=valid_range)


def _check_order(names: tuple[str, ...], inputs: list[ModelInput], file: Path, card: Path) -> None:
    """Columns whose names the file and the card both know must come in one order."""
    for known in ([one.name for one in inputs], [one.column or one.name for one in inputs]):
        if set(names) == set(known) and list(names) != known:
            raise ModelError(
                f"{file}: was fitted on {', '.join(names)} in this order, {card} lists "
                f"{', '.join(known)}; list the inputs as they were when it was fitted"
            )


def _load_draft(card: Path) -> dict[str, Any]:
    """The card's keys, checked as far as they go."""
    draft = load_yaml(card)
    if not isinstance(draft, dict):
        raise ConfigError(f"{card}: expected the keys of a model card")
    made = sorted(set(_MADE) & set(draft))
    if made:
        raise ConfigError(f"{card}: leave out {', '.join(made)}: exporting makes them")
    stand_in = {"file": GOLDEN, "sha256": "0" * 64}
    whole = {**draft, "version": "0", "members": [stand_in], "golden": stand_in}
    compute_required_layers(ModelCard.parse(whole, str(card)))
    return draft


def _scale_ranges(inputs: list[ModelInput], where: str) -> NDArray[np.float32]:
    """(inputs, 2) of what the model takes."""
    ranges = []
    for one in inputs:
        if isinstance(one.scaling, CyclicScaling):
            ranges.append([-1.0, 1.0])
        elif one.training_range is None:
            raise ConfigError(
                f"{where}, input '{one.name}': say its 'training_range', so that the export can "
                "be compared where it will be used"
            )
        else:
            ends = compute_scaled(np.array(one.training_range), one.scaling)
            ranges.append(sorted(float(end) for end in ends))
    return np.array(ranges, dtype=np.float32)
