"""Writes the card that makes a model's folder a package: it can map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from smmap.bench.card_inputs import CARD_INPUTS
from smmap.bench.settings import MODEL
from smmap.bench.shapes import SEED, TreeShape
from smmap.model.package import CARD
from smmap.spec.card import Golden, Member, ModelCard, ModelInput, ModelOutput
from smmap.store.checksum import compute_sha256

_GOLDEN = "golden.npz"


def write_card(
    folder: Path, shape: TreeShape, rows: NDArray[np.float32], expected: NDArray[np.float32]
) -> None:
    """Write card and golden rows beside the ONNX file.

    Parameters
    ----------
    rows, expected
        (n, inputs), and what the library that grew the trees makes of them, (n,) m3/m3.
    """
    np.savez_compressed(folder / _GOLDEN, inputs=rows, outputs=expected)
    sha256 = compute_sha256(folder / MODEL)
    card = ModelCard(
        name=shape.name,
        version=f"1.0+{sha256[:8]}",
        title=f"Benchmark: {shape.trees} trees of a published shape",
        description="Grown on drawn rows. Good for measuring how fast maps are made, for no map.",
        architecture=f"{shape.kind}, {shape.trees} trees, depth {shape.options['max_depth']}",
        licence="Apache-2.0",
        radiometry="sigma0_ellipsoid",
        missing="invalid",
        inputs=tuple(
            ModelInput(name=one.name, feature=one.feature, units=one.units, options={**one.options})
            for one in CARD_INPUTS
        ),
        members=(Member(file=MODEL, sha256=sha256),),
        output=ModelOutput(),
        golden=Golden(file=_GOLDEN, sha256=compute_sha256(folder / _GOLDEN)),
        training={"command": "smmap bench models", "rows": shape.rows, "seed": SEED},
    )
    text = yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, width=96)
    (folder / CARD).write_text(text, encoding="utf-8")
