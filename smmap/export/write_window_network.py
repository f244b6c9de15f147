"""Writes a PyTorch network of several images as ONNX, for images of any size."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch
from numpy.typing import NDArray

from smmap.export.write_network import OPSET
from smmap.spec.errors import ModelError
from smmap.store.atomic import write_atomic


def write_window_network(network: Any, path: Path, images: Mapping[str, NDArray[Any]]) -> None:
    """Write a network whose batch, height and width are open.

    Whether the file predicts what the network does is for the gate to say.

    Parameters
    ----------
    network
        A ``torch.nn.Module`` ready for prediction (``eval``).
    path
        The ONNX file, with one output ``sm``.
    images
        Input -> example (n, layers, y, x), in the order in which the network takes them.

    Raises
    ------
    ModelError
        If it cannot be exported.
    StoreError
        If it cannot be written.
    """
    buffer: Any = io.BytesIO()  # which torch takes, against its own annotation
    axes = {name: {0: "n", 2: f"{name}_y", 3: f"{name}_x"} for name in (*images, "sm")}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it deprecates inside itself
            torch.onnx.export(
                network,
                tuple(torch.from_numpy(one) for one in images.values()),
                buffer,
                dynamo=False,
                opset_version=OPSET,
                input_names=list(images),
                output_names=["sm"],
                dynamic_axes=axes,
            )
        onnx.checker.check_model(onnx.load_from_string(buffer.getvalue()), full_check=True)
    except Exception as error:  # noqa: BLE001 (torch and onnx raise kinds of their own)
        reason = f"{type(error).__name__}: {error}"
    else:
        write_atomic(path, buffer.getvalue())
        return
    raise ModelError(f"{path}: {type(network).__name__} cannot be exported ({reason})")
