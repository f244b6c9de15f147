"""Writes a PyTorch network as ONNX, and proves that nothing was lost."""

from __future__ import annotations

import io
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from smmap.export.cut_products import cut_products
from smmap.export.ghost_norm import fold_ghost_norms
from smmap.export.graph_constants import has_branches
from smmap.export.rounding import find_strays, measure_rounding
from smmap.export.unrolled_lstm import unroll_lstms
from smmap.export.wide_convolutions import widen_convolutions
from smmap.spec.errors import ModelError
from smmap.store.atomic import write_atomic

OPSET = 17
"""ONNX operator set: old enough for every ONNX Runtime that smmap takes."""
_EXAMPLES = 3
"""Rows that the network is traced with; no size that a layer could have."""


def write_network(
    network: Any, path: Path, inputs: NDArray[np.float32], *, tolerance: float = 1e-5
) -> float:
    """Write a network of (n, features) to (n, columns) or (n,).

    Ghost batch norms are made plain and LSTMs written out; products are cut and convolutions
    widened, which costs no accuracy and saves time in ONNX Runtime.

    Parameters
    ----------
    network
        A ``torch.nn.Module`` ready for prediction (``eval``).
    path
        The ONNX file: one input ``inputs``, one output ``outputs``.
    inputs
        (n, features) rows to compare both with, n at least 2.
    tolerance
        Largest difference that is allowed; so is what the network's own rounding explains
        (`find_strays`).

    Returns
    -------
    float
        The largest difference between network and file.

    Raises
    ------
    ModelError
        If it is in training, cannot be exported, or the file predicts otherwise.
    StoreError
        If it cannot be written.
    """
    import torch

    def predict(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(rows)).numpy())

    plain = unroll_lstms(fold_ghost_norms(network))
    buffer: Any = io.BytesIO()  # which torch takes, against its own annotation
    try:
        with warnings.catch_warnings():
            # Of what tracing leaves fixed: that is what the comparison below is for.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                plain,
                (torch.from_numpy(np.resize(inputs, (_EXAMPLES, inputs.shape[1]))),),
                buffer,
                dynamo=False,
                opset_version=OPSET,
                input_names=["inputs"],
                output_names=["outputs"],
                dynamic_axes={"inputs": {0: "n"}, "outputs": {0: "n"}},
            )
        model = onnx.load_from_string(buffer.getvalue())
        if not has_branches(model.graph):
            model = widen_convolutions(cut_products(model))
        onnx.checker.check_model(model, full_check=True)
        content = model.SerializeToString()
        outputs = _run(content, inputs)
    except Exception as error:  # noqa: BLE001 (torch, onnx and the runtime raise their own kinds)
        reason = f"{type(error).__name__}: {error}"
    else:
        apart = np.abs(outputs - predict(inputs)).reshape(len(inputs), -1).max(axis=1)
        rounding = partial(measure_rounding, network, inputs)
        strays = find_strays(apart.astype(np.float64), inputs, tolerance, predict, rounding)
        if not len(strays):
            write_atomic(path, content)
            return float(apart.max())
        largest = apart[strays].max()
        reason = f"it differs from the network by {largest:.2e}, where {tolerance:.0e} is allowed"
    raise ModelError(f"{path}: {type(network).__name__} cannot be exported ({reason})")


def _run(model: bytes, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Halves apart, so that a number of rows that was left fixed shows."""
    import onnxruntime as ort

    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    halves = np.array_split(inputs, [len(inputs) // 3])
    return np.concatenate([session.run(None, {"inputs": half})[0] for half in halves])
