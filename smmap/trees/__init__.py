"""Tree ensembles: reads them from ONNX, packs them once, predicts with a kernel of its own."""
