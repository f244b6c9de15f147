"""An opened model that looks at windows: images around cells in, soil moisture out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from smmap.model.model import Array, Model
from smmap.model.window_session import Images, WindowSession
from smmap.spec.card import ModelCard
from smmap.spec.errors import ModelError
from smmap.spec.windows import CELL, SizedWindows


class WindowModel(Model):
    """One or several ONNX members, weighted, each over the card's branches.

    Parameters
    ----------
    windows
        The card's.
    threads
        Calls that run side by side.
    """

    def __init__(
        self,
        sessions: Sequence[WindowSession],
        weights: Sequence[float],
        card: ModelCard,
        windows: SizedWindows,
        threads: int,
    ) -> None:
        super().__init__(sessions, weights, card)
        self._images, self._threads = tuple(sessions), threads
        self.windows = windows
        """Of the card."""
        self.numbers = len(windows.list_cell_inputs([one.name for one in card.inputs]))
        """Inputs that are one number a cell."""

    def estimate_cells(self, images: Images) -> Array:
        """Soil moisture of the cells in the middle of images.

        Parameters
        ----------
        images
            Branch -> (n, layers, y, x) and ``numbers`` -> (n, numbers, rows, columns); scaled,
            every value finite. An image holds the cells and what lies around them.

        Returns
        -------
        ndarray
            (n, rows, columns) float32, m3/m3. Each image is a call of its own: its values depend
            on itself and its size alone.

        Raises
        ------
        ModelError
            If images do not fit the model.
        """
        count, _, *cells = images[CELL].shape
        self._check_images(images, (cells[0], cells[1]))

        def run(number: int) -> NDArray[np.float64]:
            one = {name: values[number : number + 1] for name, values in images.items()}
            parts = zip(self._weights, self._images, strict=True)
            found = [
                weight * session.run_images(one)[:, 0].astype(np.float64)
                for weight, session in parts
            ]
            return np.asarray(sum(found))

        with ThreadPoolExecutor(max(1, min(self._threads, count))) as pool:
            found = np.concatenate(list(pool.map(run, range(count))))
        if found.shape != (count, *cells):
            raise ModelError(f"{found.shape[1:]} values for {cells} cells: the file does not fit")
        return found.astype(np.float32)

    def _check_images(self, images: Images, cells: tuple[int, int]) -> None:
        windows = self.windows
        for one in windows.branches:
            beyond = one.window - windows.count_pixels(one)
            sides = tuple(count * windows.count_pixels(one) + beyond for count in cells)
            found = images[one.name].shape
            if found[1:] != (len(one.inputs), *sides):
                raise ModelError(
                    f"branch '{one.name}' of {cells[0]} x {cells[1]} cells must have "
                    f"{len(one.inputs)} layers of {sides} pixels, not {found[1:]}"
                )
