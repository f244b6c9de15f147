"""Writes a model package whose members have passed the export gate."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.fit.fitted import Fitted, Rows, find_allowances
from smmap.model.package import load_model
from smmap.spec.card import ModelCard
from smmap.spec.errors import ConfigError, ModelError
from smmap.store.atomic import move_atomic, report_store_errors
from smmap.store.checksum import compute_sha256
from smmap.train.gate import check_parity
from smmap.train.package_files import (
    CARD,
    GOLDEN,
    check_package_folder,
    format_card,
    pack_arrays,
)
from smmap.train.probe_rows import draw_within
from smmap.trees.file_names import is_left_by_engine

logger = logging.getLogger(__name__)

_GOLDEN_ROWS = 256
_TIGHTEST = 1e-5
"""Tolerance of golden outputs, m3/m3, at least: other processors round otherwise."""


@dataclass(frozen=True)
class PackagedMember:
    """A member to be packaged."""

    title: str
    """Of its file, without ``.onnx``."""
    weight: float
    """Of the ensemble."""
    fitted: Fitted
    """Itself."""


def write_package(
    out: Path,
    draft: Mapping[str, Any],
    members: Sequence[PackagedMember],
    ranges: NDArray[np.float32],
    *,
    seed: int,
    within: tuple[float, float] | None = None,
) -> ModelCard:
    """Export, compare, and only then put the package into ``out``, its card last.

    Parameters
    ----------
    out
        The package's folder; what it holds stays as it is if anything fails.
    draft
        A model card without ``version``, ``members`` and ``golden``.
    ranges
        (inputs, 2) smallest and largest of each input in training, scaled as the model takes it.
    seed
        Of the rows that are compared, and of the golden rows: both are drawn within the ranges,
        none is of the training data.
    within
        m3/m3, where some golden output must lie; None: anywhere.

    Raises
    ------
    ModelError
        If a file predicts otherwise than its model, or the model nothing that is soil moisture.
    ConfigError
        If the draft is no card, or lets a model decide on missing inputs that takes none.
    StoreError
        If ``out`` holds something else, or cannot be written.
    """
    check_package_folder(out)
    for member in members:
        if draft["missing"] == "model" and not member.fitted.takes_missing:
            raise ConfigError(
                f"'missing: model', but {member.fitted.detail} has no value for rows that lack "
                "inputs; say 'missing: invalid'"
            )
    with report_store_errors(str(out)):
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent)
    with staging as name:
        folder = Path(name)
        entries, parity = [], {}
        for member in members:
            path = folder / f"{member.title}.onnx"
            member.fitted.write(path)
            checked = check_parity(member.fitted, path, ranges, seed)
            parity[path.name] = {"rows": checked.rows, "difference": float(checked.difference)}
            sha256 = compute_sha256(path)
            entries.append({"file": path.name, "sha256": sha256, "weight": float(member.weight)})
        card = complete_card(draft, entries, parity)
        rows = _compute_golden(card, members, ranges, seed)
        if within is not None:
            _check_values(rows["outputs"], within, members[0].fitted.detail)
        inside = rows["inputs"][np.isfinite(rows["inputs"]).all(axis=1)]
        golden = pack_arrays(rows)
        allowances = [find_allowances(one.fitted, inside).max(initial=0.0) for one in members]
        tolerance = max(_TIGHTEST, *map(float, allowances))
        sha256 = hashlib.sha256(golden).hexdigest()
        found = {"file": GOLDEN, "sha256": sha256, "tolerance": tolerance}
        card = ModelCard.parse(card.model_dump() | {"golden": found}, str(out / CARD))
        (folder / GOLDEN).write_bytes(golden)
        (folder / CARD).write_text(format_card(card), encoding="utf-8")
        load_model(folder, "cpu")  # the golden outputs must come back
        move_package(folder, out)
    logger.info("wrote model package %s (version %s)", out, card.version)
    return card


def move_package(folder: Path, out: Path) -> None:
    """All files but what the engine left, the card last."""
    names = sorted(
        (file.name for file in folder.iterdir() if not is_left_by_engine(file)),
        key=lambda name: name == CARD,
    )
    for name in names:
        move_atomic(folder / name, out / name)


def complete_card(
    draft: Mapping[str, Any], entries: list[dict[str, Any]], parity: Mapping[str, Any]
) -> ModelCard:
    """The card, but for the golden rows that it says how to make."""
    digest = hashlib.sha256("".join(one["sha256"] for one in entries).encode()).hexdigest()
    training = {**draft.get("training", {}), "export": dict(parity)}
    added = {
        "version": f"1.0+{digest[:8]}",
        "members": entries,
        "golden": {"file": GOLDEN, "sha256": "0" * 64},
        "training": training,
    }
    return ModelCard.parse({**draft, **added}, "the package's card")


def _check_values(found: NDArray[np.float32], within: tuple[float, float], detail: str) -> None:
    """A model of percent, or of a scaled target, would make empty maps."""
    low, high = within
    if not ((found >= low) & (found <= high)).any():
        known = found[np.isfinite(found)]
        given = f"{known.min():.3g} to {known.max():.3g}" if len(known) else "no value"
        raise ModelError(
            f"{detail} gives {given} within the training ranges, nothing within 'valid_range', "
            f"{low:g} to {high:g} m3/m3; fit it on m3/m3, or correct the card"
        )


def _compute_golden(
    card: ModelCard, members: Sequence[PackagedMember], ranges: NDArray[np.float32], seed: int
) -> dict[str, NDArray[Any]]:
    """Rows drawn within the ranges and what the models themselves make of them.

    The last rows lack one input each.
    """
    inputs: Rows = draw_within(ranges, _GOLDEN_ROWS + len(ranges), seed + 7)
    inputs[-len(ranges) :][np.eye(len(ranges), dtype=bool)] = np.nan
    known = np.ones(len(inputs), dtype=bool)
    if card.missing == "invalid":
        known[np.isnan(inputs).any(axis=1)] = False
    total = sum(member.weight for member in members)
    outputs = np.full(len(inputs), np.nan)
    outputs[known] = sum(
        member.weight / total * member.fitted.predict(inputs[known]) for member in members
    )
    return {"inputs": inputs, "outputs": outputs.astype(np.float32)}
