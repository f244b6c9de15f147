"""Long short-term memory as plain products and gates, step by step."""

from __future__ import annotations

import copy
from typing import Any


def unroll_lstms(network: Any) -> Any:
    """A copy of a network whose ``torch.nn.LSTM`` are written out.

    ONNX Runtime's own operator for them is slower on the processor than PyTorch, these products
    are not. The number of steps becomes fixed: that of the features. Those that run both ways or
    have projections stay as they are.

    Parameters
    ----------
    network
        A ``torch.nn.Module`` ready for prediction.
    """
    from torch import nn

    unrolled = copy.deepcopy(network)
    for parent in list(unrolled.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.LSTM) and not child.bidirectional and not child.proj_size:
                setattr(parent, name, _unroll(child))
    return unrolled


def _unroll(lstm: Any) -> Any:
    import torch
    from torch import nn

    class Unrolled(nn.Module):
        """Hochreiter and Schmidhuber 1997 (doi:10.1162/neco.1997.9.8.1735), with forget gates."""

        def __init__(self) -> None:
            super().__init__()
            self.layers: Any = nn.ModuleList(
                nn.ParameterList(layer) for layer in _list_layers(lstm)
            )

        def forward(self, inputs: Any) -> Any:
            """Outputs of all steps, and the last states, as ``torch.nn.LSTM`` has them."""
            time = 1 if lstm.batch_first else 0
            steps = list(inputs.unbind(time))
            hidden, cells = [], []
            for layer in self.layers:
                steps, cell = _run_layer(steps, list(layer))
                hidden.append(steps[-1])
                cells.append(cell)
            return torch.stack(steps, time), (torch.stack(hidden), torch.stack(cells))

    return Unrolled().eval()


def _list_layers(lstm: Any) -> list[list[Any]]:
    """Each layer's weights of inputs and of states, and its biases: four gates of each."""
    import torch

    layers = []
    for number in range(lstm.num_layers):
        weight = getattr(lstm, f"weight_ih_l{number}")
        recurrent = getattr(lstm, f"weight_hh_l{number}")
        bias = torch.zeros(len(weight))
        if lstm.bias:
            bias = getattr(lstm, f"bias_ih_l{number}") + getattr(lstm, f"bias_hh_l{number}")
        # Each gate by itself: to cut them out of one product takes longer than four products.
        layers.append([gate for one in (weight, recurrent, bias) for gate in one.detach().chunk(4)])
    return layers


def _run_layer(steps: list[Any], layer: list[Any]) -> tuple[list[Any], Any]:
    """One layer over all steps, from states of zero: its outputs, and its last cell."""
    import torch

    outputs: list[Any] = []
    cell: Any = None
    for values in steps:
        gates = []
        for weight, recurrent, bias in zip(layer[:4], layer[4:8], layer[8:], strict=True):
            gate = torch.addmm(bias, values, weight.T)
            gates.append(torch.addmm(gate, outputs[-1], recurrent.T) if outputs else gate)
        enter, keep, new, leave = gates
        taken = torch.sigmoid(enter) * torch.tanh(new)
        cell = taken if cell is None else torch.sigmoid(keep) * cell + taken
        outputs.append(torch.sigmoid(leave) * torch.tanh(cell))
    return outputs, cell
