"""An opened model: pixels in, soil moisture out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from smmap.model.runtime import Place
from smmap.model.session import Placement, Runner
from smmap.spec.card import ModelCard
from smmap.spec.errors import ModelError

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Estimate:
    """Soil moisture of n pixels."""

    sm: Array
    """(n,) m3/m3; NaN where there is no estimate."""
    uncertainty: Array | None
    """(n,) standard deviation, m3/m3; None where the model gives none."""


class Model:
    """One or several ONNX members, weighted.

    ``pixels`` are the model's own input: the card's inputs in order, derived and scaled as the
    card says (``smmap.features.builder`` makes them so); for a bare ONNX file, its own columns.

    Parameters
    ----------
    sessions, weights
        Of each member.
    card
        None for a bare ONNX file, whose output is soil moisture alone.
    name
        Of the model, for messages.
    """

    def __init__(
        self,
        sessions: Sequence[Runner],
        weights: Sequence[float],
        card: ModelCard | None = None,
        name: str = "",
    ) -> None:
        self._sessions = tuple(sessions)
        self._name = card.name if card else name
        total = sum(weights)
        self._weights = tuple(weight / total for weight in weights)
        self.card = card
        """None for a bare ONNX file."""
        self.missing: Literal["invalid", "model"] = card.missing if card else "model"
        """What a NaN input means."""
        self._columns = card.output.columns if card else ("sm",)

    @property
    def placement(self) -> Placement:
        """Where it runs: the engines of all members; on ``cuda`` if all of them are."""
        each = [session.placement for session in self._sessions]
        places = {one.got for one in each}
        engines = dict.fromkeys(
            one.engine if len(places) == 1 else f"{one.engine} on {one.got}" for one in each
        )
        got: Place = "cuda" if places == {"cuda"} else "cpu"
        return Placement(each[0].asked, got, ", ".join(engines))

    @property
    def features(self) -> int | None:
        """Number of input columns; None where a bare file leaves it open."""
        return self.card.columns if self.card else self._sessions[0].features

    def predict(self, pixels: NDArray[np.floating]) -> Array:
        """Soil moisture of each row.

        Parameters
        ----------
        pixels
            (n, features) float32, in card order.

        Returns
        -------
        ndarray
            (n,) float32, m3/m3. With ``missing: invalid`` a row with any NaN or infinity gives
            NaN; with ``missing: model`` the model's own branches decide.

        Raises
        ------
        ModelError
            If the shape does not fit.
        """
        return self.estimate(pixels).sm

    def estimate(self, pixels: NDArray[np.floating]) -> Estimate:
        """Soil moisture and, where the model gives it, its uncertainty."""
        rows = self._check(pixels)
        sm = np.full(len(rows), np.nan, dtype=np.float32)
        uncertainty = sm.copy() if "log_variance" in self._columns else None
        usable: slice | NDArray[np.bool_] = np.s_[:]
        if self.missing == "invalid" and not (known := np.isfinite(rows)).all():
            usable = np.asarray(known.all(axis=1))
            rows = rows[usable]
        if len(rows):
            mean, variance = self._combine(rows)
            sm[usable] = mean
            if uncertainty is not None and variance is not None:
                uncertainty[usable] = np.sqrt(variance)
        return Estimate(sm, uncertainty)

    def _combine(self, rows: Array) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """Weighted mean of the members, and the variance of their mixture."""
        outputs = [session.run(rows).astype(np.float64) for session in self._sessions]
        widths = sorted({output.shape[1] for output in outputs})
        if widths != [len(self._columns)]:
            named = "its card names" if self.card else "a file without a card gives one:"
            raise ModelError(
                f"model '{self._name}': its members give {widths} columns, {named} "
                f"{', '.join(self._columns)}; what each is stands in a card's output.columns"
            )
        mean = sum(w * out[:, 0] for w, out in zip(self._weights, outputs, strict=True))
        if "log_variance" not in self._columns:
            return np.asarray(mean), None
        column = self._columns.index("log_variance")
        second = sum(
            w * (np.exp(out[:, column]) + out[:, 0] ** 2)
            for w, out in zip(self._weights, outputs, strict=True)
        )
        return np.asarray(mean), np.maximum(np.asarray(second) - np.asarray(mean) ** 2, 0.0)

    def _check(self, pixels: NDArray[np.floating]) -> Array:
        # What is masked is missing, whatever number lies beneath.
        rows = np.ma.filled(np.ma.asarray(pixels, dtype=np.float32), np.nan)
        if rows.ndim != 2 or self.features not in (None, rows.shape[1]):
            raise ModelError(
                f"pixels must have shape (n, {self.features or 'features'}), not {rows.shape}"
            )
        return rows
