"""Exports a network to ONNX, and proves that nothing was lost."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import InferenceSession, SessionOptions

from smmap.fit.network import Network, predict
from smmap.spec.errors import ModelError

OPSET = 17
"""ONNX operator set: old enough for every ONNX Runtime that smmap takes."""
TOLERANCE = 1e-5
"""Largest difference between network and export, in soil moisture and in log variance."""


def export_network(network: Network) -> bytes:
    """The network as an ONNX graph: raw ``inputs`` (n, features) to ``outputs`` (n, 2), float32.

    The graph is written out node by node, so that the same weights are the same bytes.
    """
    constants = {name: getattr(network, name) for name in ("mean", "std", "gain", "shift")}
    nodes = [
        helper.make_node("Sub", ["inputs", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "std"], ["hidden_0"]),
    ]
    last = len(network.layers)
    for i, layer in enumerate(network.layers, start=1):
        constants |= {f"weight_{i}": layer.weight, f"bias_{i}": layer.bias}
        gemm = [f"hidden_{i - 1}", f"weight_{i}", f"bias_{i}"]
        nodes += [
            helper.make_node("Gemm", gemm, [f"linear_{i}"], transB=1),
            helper.make_node("Sigmoid" if i == last else "Tanh", [f"linear_{i}"], [f"hidden_{i}"]),
        ]
    nodes += [
        helper.make_node("Mul", [f"hidden_{last}", "gain"], ["stretched"]),
        helper.make_node("Add", ["stretched", "shift"], ["outputs"]),
    ]
    graph = helper.make_graph(
        nodes,
        "soil_moisture",
        [helper.make_tensor_value_info("inputs", TensorProto.FLOAT, ["n", len(network.mean)])],
        [helper.make_tensor_value_info("outputs", TensorProto.FLOAT, ["n", 2])],
        [
            numpy_helper.from_array(value.detach().numpy(), name)
            for name, value in constants.items()
        ],
    )
    model = helper.make_model(
        graph,
        producer_name="smmap",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def check_export(network: Network, model: bytes, inputs: NDArray[np.float32]) -> float:
    """Largest absolute difference between network and export over ``inputs``.

    Raises
    ------
    ModelError
        If it exceeds `TOLERANCE`.
    """
    options = SessionOptions()
    options.intra_op_num_threads = 1
    session = InferenceSession(model, options, providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, {"inputs": inputs})
    difference = float(np.abs(outputs - predict(network, inputs)).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"the ONNX export differs from the network by {difference:.2e}, more than "
            f"{TOLERANCE:.0e}; train again, or try another version of onnxruntime"
        )
    return difference
