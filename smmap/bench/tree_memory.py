"""One side of what a forest takes of memory: see `smmap.bench.fresh`."""

from __future__ import annotations

from smmap.bench.rows import draw_rows


def predict_by_engine(path: str, inputs: int, n: int, seed: int) -> dict[str, float]:
    """Predict with our engine, whose packed form is on disk."""
    from pathlib import Path

    from smmap.trees.engine import load_engine

    return {"mean": float(load_engine(Path(path)).predict(draw_rows(inputs, n, seed)).mean())}


def predict_by_onnxruntime(path: str, inputs: int, n: int, seed: int) -> dict[str, float]:
    """Predict with ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (outputs,) = session.run(None, {session.get_inputs()[0].name: draw_rows(inputs, n, seed)})
    return {"mean": float(outputs.mean())}
