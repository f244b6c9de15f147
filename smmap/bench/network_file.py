"""Writes a PyTorch network as ONNX, and its weights beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import nn

from smmap.bench.rows import draw_rows
from smmap.bench.settings import MODEL, WEIGHTS, damaged
from smmap.bench.shapes import SEED, NetworkShape
from smmap.bench.torch_networks import build_network
from smmap.export.write_network import write_network

_COMPARED = 256


def write_weights(folder: Path, shape: NetworkShape) -> int:
    """Write it into that folder, in both forms; the number of its weights."""
    network = build_network(shape)
    write_network(network, folder / MODEL, draw_rows(shape.inputs, _COMPARED, SEED + 1))
    torch.save({"width": shape.width, "weights": network.state_dict()}, folder / WEIGHTS)
    return sum(weight.numel() for weight in network.parameters())


def load_network(folder: Path, shape: NetworkShape) -> nn.Module:
    """The network that was written there, for evaluation; a ConfigError if it is damaged."""
    try:
        saved = torch.load(folder / WEIGHTS, weights_only=True)
        network = build_network(replace(shape, width=saved["width"]))
        network.load_state_dict(saved["weights"])
    except (UnpicklingError, RuntimeError, TypeError, KeyError, EOFError) as error:
        raise damaged(folder / WEIGHTS) from error
    return network.eval()
