"""A model package with windows, whose soil moisture is a weighted mean over them: ONNX by hand."""

from __future__ import annotations

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper

from smmap.store.checksum import compute_sha256

FINE, COARSE = 64, 6
"""Pixels of 10 m and of 160 m a side: a cell of 320 m with 160 m, and with 320 m, around it."""
VV = {"feature": "backscatter_db", "options": {"polarisation": "vv"}, "units": "dB"}
VH = {"feature": "backscatter_db", "options": {"polarisation": "vh"}, "units": "dB"}
INPUTS = [
    {"name": "vv", **VV, "scaling": {"method": "min-max", "low": -30, "high": 0}},
    {"name": "vh", **VH, "scaling": {"method": "min-max", "low": -40, "high": 0}},
    {"name": "vv_coarse", **VV, "scaling": {"method": "min-max", "low": -30, "high": 0}},
    {"name": "incidence", "feature": "incidence_deg", "units": "degree"},
]
FILLS = {"vv": -15.0, "vh": -20.0, "vv_coarse": -15.0}
WINDOWS = {
    "cell_m": 320,
    "chunk": 4,
    "least_valid": 0.5,
    "branches": [
        {"name": "fine", "pixel_m": 10, "inputs": ["vv", "vh"], "window": FINE}
        | {"fills": {"vv": -15.0, "vh": -20.0}},
        {"name": "coarse", "pixel_m": 160, "inputs": ["vv_coarse"], "window": COARSE}
        | {"fills": {"vv_coarse": -15.0}},
    ],
}
SHARES = {"vv": 0.2, "vh": 0.1, "vv_coarse": 0.1, "incidence": 0.0002}
"""Of the means in soil moisture."""


def compute_ramp(side):
    """Weights over a window, not alike in any direction; they sum to 1."""
    ramp = np.outer(np.arange(1, side + 1), np.arange(1, side + 1) ** 2).astype(np.float64)
    return ramp / ramp.sum()


def write_window_model(folder, leak=0.0, **card):
    """The package's folder; ``leak`` times the mean of the whole image is added to each value."""
    folder.mkdir(parents=True, exist_ok=True)
    fine = np.stack([SHARES[name] * compute_ramp(FINE) for name in ("vv", "vh")])[None]
    coarse = (SHARES["vv_coarse"] * compute_ramp(COARSE))[None, None]
    cell = np.full((1, 1, 1, 1), SHARES["incidence"])
    nodes, weights = [], []
    for name, kernel, step in (("fine", fine, 32), ("coarse", coarse, 2), ("numbers", cell, 1)):
        inputs = [name, f"{name}_weights"]
        nodes.append(helper.make_node("Conv", inputs, [f"{name}_sum"], strides=[step, step]))
        values = kernel.astype(np.float32)
        weights.append(onnx.numpy_helper.from_array(values, f"{name}_weights"))
    nodes.append(helper.make_node("ReduceMean", ["fine"], ["mean"], axes=[1, 2, 3], keepdims=1))
    weights.append(onnx.numpy_helper.from_array(np.full((1, 1, 1, 1), leak, np.float32), "leak"))
    nodes.append(helper.make_node("Mul", ["mean", "leak"], ["leaked"]))
    summed = ["fine_sum", "coarse_sum", "numbers_sum", "leaked"]
    nodes.append(helper.make_node("Sum", summed, ["sm"]))
    images = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", layers, None, None])
        for name, layers in (("fine", 2), ("coarse", 1), ("numbers", 1))
    ]
    sm = helper.make_tensor_value_info("sm", TensorProto.FLOAT, ["n", 1, None, None])
    graph = helper.make_graph(nodes, "means", images, [sm], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "model.onnx")
    rng = np.random.default_rng(0)
    golden = {
        "fine": rng.random((2, 2, FINE, FINE)).astype(np.float32),
        "coarse": rng.random((2, 1, COARSE, COARSE)).astype(np.float32),
        "numbers": rng.random((2, 1, 1, 1)).astype(np.float32),
    }
    outputs = [
        (fine[0] * golden["fine"][i]).sum()
        + (coarse[0] * golden["coarse"][i]).sum()
        + SHARES["incidence"] * golden["numbers"][i, 0, 0, 0]
        + leak * golden["fine"][i].mean()
        for i in range(2)
    ]
    np.savez(folder / "golden.npz", **golden, outputs=np.array(outputs, np.float32))
    content = {
        "name": folder.name,
        "version": "1",
        "title": "Weighted means of windows",
        "description": "Shows windows.",
        "architecture": "none",
        "licence": "CC0-1.0",
        "radiometry": "sigma0_ellipsoid",
        "missing": "invalid",
        "inputs": INPUTS,
        "windows": WINDOWS,
        "members": [{"file": "model.onnx", "sha256": compute_sha256(folder / "model.onnx")}],
        "output": {"valid_range": [0.0, 1.0]},
        "golden": {"file": "golden.npz", "sha256": compute_sha256(folder / "golden.npz")},
    }
    (folder / "card.yaml").write_text(yaml.safe_dump({**content, **card}, sort_keys=False))
    return folder


def predict_cell(vv_db, vh_db, vv_coarse_db, incidence_deg):
    """The same by NumPy in float64: windows (y, x) in dB, NaN is filled."""
    total = SHARES["incidence"] * incidence_deg
    for name, window, low in (
        ("vv", vv_db, -30),
        ("vh", vh_db, -40),
        ("vv_coarse", vv_coarse_db, -30),
    ):
        known = np.where(np.isfinite(window), window, FILLS[name])
        total += SHARES[name] * (compute_ramp(len(window)) * (known - low) / -low).sum()
    return total
