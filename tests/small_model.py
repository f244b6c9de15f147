"""A model package whose soil moisture is one of its inputs, as it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper

from smmap.store.checksum import compute_sha256


def write_model(
    folder: Path, inputs: list[dict[str, Any]], show: int = 0, factor: float = 1.0, **card: Any
) -> Path:
    """Write a package that gives column number ``show``, times ``factor``; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = len(inputs)
    if "history" in card:
        columns = card["history"]["overpasses"] * (columns + 1)
    weights = np.zeros((columns, 1), np.float32)
    weights[show] = factor
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["inputs", "weights"], ["sm"])],
        "show",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", columns])],
        [helper.make_tensor_value_info("sm", TensorProto.FLOAT, ["n", 1])],
        [
            helper.make_tensor(
                "weights", TensorProto.FLOAT, weights.shape, weights.tobytes(), raw=True
            )
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    rows = np.random.default_rng(0).random((5, columns)).astype(np.float32)
    np.savez(folder / "golden.npz", inputs=rows, outputs=rows[:, show] * np.float32(factor))
    content = {
        "name": folder.name,
        "version": "1",
        "title": "One input, shown",
        "description": "Shows an input.",
        "architecture": "none",
        "licence": "CC0-1.0",
        "radiometry": "sigma0_ellipsoid",
        "missing": "invalid",
        "inputs": inputs,
        "members": [{"file": "model.onnx", "sha256": compute_sha256(folder / "model.onnx")}],
        "output": {"valid_range": [0.0, 1.0]},
        "golden": {"file": "golden.npz", "sha256": compute_sha256(folder / "golden.npz")},
    }
    (folder / "card.yaml").write_text(yaml.safe_dump({**content, **card}, sort_keys=False))
    return folder
