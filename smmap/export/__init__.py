"""Writes trained models as ONNX; the libraries that trained them are imported when asked for."""
