"""Runs a session on buffers that stay on its device."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smmap.model.page_locked import allocate_locked
from smmap.model.runtime import Place


class Binding:
    """One batch after another through an ``onnxruntime.InferenceSession`` of one output.

    Parameters
    ----------
    session
        Opened at ``place``.
    place
        Where its buffers are made.
    batch
        Name, shape and kind of the input that changes.
    fixed
        Inputs that do not change: brought to the device once.
    """

    def __init__(
        self,
        session: Any,
        place: Place,
        batch: tuple[str, tuple[int, int], type[np.generic]],
        fixed: Mapping[str, NDArray[Any]],
    ) -> None:
        from onnxruntime import OrtValue

        name, shape, kind = batch
        self._session = session
        self._one_at_a_time = threading.Lock()
        self._staged = allocate_locked(shape, kind)
        self._input = OrtValue.ortvalue_from_shape_and_type(list(shape), kind, place, 0)
        self._fixed = {
            key: OrtValue.ortvalue_from_numpy(value, place, 0) for key, value in fixed.items()
        }
        self._binding = session.io_binding()
        for key, value in {name: self._input, **self._fixed}.items():
            self._binding.bind_ortvalue_input(key, value)
        self._binding.bind_output(session.get_outputs()[0].name, place, 0)

    def run(self, batch: NDArray[Any]) -> NDArray[Any]:
        """The output of one batch of the shape and kind that was given."""
        with self._one_at_a_time:
            np.copyto(self._staged, batch, casting="no")
            self._input.update_inplace(self._staged)
            self._session.run_with_iobinding(self._binding)
            return np.array(self._binding.get_outputs()[0].numpy())
