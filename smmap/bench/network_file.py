"""Writes a PyTorch network as ONNX, and its weights beside it."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from smmap.bench.settings import MODEL, WEIGHTS
from smmap.bench.shapes import NetworkShape
from smmap.bench.torch_networks import build_network

_OPSET = 17


def write_network(folder: Path, shape: NetworkShape) -> int:
    """Write it into that folder; the number of its weights."""
    network = build_network(shape)
    with warnings.catch_warnings():
        # The other exporter wants a library more; this one says that it is the older, and that
        # the LSTM's first state is made for each batch anew, as it is.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(2, shape.inputs),),
            str(folder / MODEL),
            dynamo=False,
            input_names=["x"],
            output_names=["y"],
            dynamic_axes={"x": {0: "n"}, "y": {0: "n"}},
            opset_version=_OPSET,
        )
    torch.save({"width": shape.width, "weights": network.state_dict()}, folder / WEIGHTS)
    return sum(weight.numel() for weight in network.parameters())


def load_network(folder: Path, shape: NetworkShape) -> nn.Module:
    """The network that was written there, for evaluation."""
    saved = torch.load(folder / WEIGHTS, weights_only=True)
    network = build_network(replace(shape, width=saved["width"]))
    network.load_state_dict(saved["weights"])
    return network.eval()
