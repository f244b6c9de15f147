"""Tensors of an ONNX file, and the files beside it in which some of them lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.spec.errors import ModelError


class Tensors:
    """Reads tensors one by one.

    Parameters
    ----------
    path
        The ONNX file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        """As given."""
        self.files: dict[str, None] = {}
        """Names of the files that were read, in order; a tensor that nobody reads may name any."""

    def load(self, tensor: Any) -> NDArray[Any]:
        """A tensor's values; external ones are read from beside the ONNX file.

        Raises
        ------
        ModelError
            If it is damaged: data that do not fit its shape, cannot be read, or lie elsewhere.
        """
        from onnx import TensorProto, numpy_helper
        from onnx.checker import ValidationError

        # RuntimeError: of names that the file system does not take.
        damaged = (ValueError, TypeError, KeyError, OSError, OverflowError, RuntimeError)
        try:
            values = np.asarray(numpy_helper.to_array(tensor, str(self.path.parent)))
        except (*damaged, ValidationError) as error:
            reason = str(error)
        else:
            if tensor.data_location == TensorProto.EXTERNAL:
                names = (one.value for one in tensor.external_data if one.key == "location")
                self.files.update(dict.fromkeys(names))
            return values
        raise ModelError(f"{self.path}: tensor '{tensor.name}' cannot be read ({reason})")
