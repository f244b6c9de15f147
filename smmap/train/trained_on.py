"""Whether a model has seen the sites of a table in its training."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smmap.spec.card import ModelCard
from smmap.spec.trained_on import TrainedOn
from smmap.validation.samples import PREDICTED, name_sites, name_stations

_CELL_DEG = 1e-3
"""About 100 m: places that are rounded otherwise are the same all the same."""
_AROUND = tuple(product((-1, 0, 1), repeat=2))
_BYTES = 4


def describe_training(frame: pd.DataFrame) -> TrainedOn | None:
    """Digests of the sites of samples; None where stations have no names.

    Parameters
    ----------
    frame
        With ``network`` and ``station``, and ``latitude`` and ``longitude`` where known.
    """
    if "station" not in frame.columns:
        return None
    cells = [f"{y} {x}" for y, x in _find_cells(frame).tolist()] if _has_places(frame) else []
    return TrainedOn(
        sites=name_sites(frame).nunique(),
        places=_encode(cells),
        names=_encode(name_stations(frame).dropna()),
    )


def count_seen(frame: pd.DataFrame, trained: TrainedOn) -> int:
    """How many sites of a table were in the training: by their places, else by their names.

    A site within some 100 m of a place of the training counts.
    """
    sites = name_sites(frame)
    if trained.places and _has_places(frame):
        cells = _find_cells(frame)
        known = _decode(trained.places)
        near = np.zeros(len(cells), dtype=bool)
        for step in _AROUND:
            near |= [_digest(f"{y} {x}") in known for y, x in (cells + np.array(step)).tolist()]
        rows = frame[["latitude", "longitude"]].notna().all(axis=1).to_numpy()
        seen = np.zeros(len(frame), dtype=bool)
        seen[rows] = near
    else:
        known = _decode(trained.names)
        seen = np.array([_digest(one) in known for one in name_stations(frame).astype(str)])
    return int(sites[seen].nunique())


def describe_seen(frame: pd.DataFrame, card: ModelCard | None) -> str:
    """What to say of predictions of sites that the model was, or may have been, trained on.

    Parameters
    ----------
    frame
        As `smmap.report.predictions.load_predictions` gives it; rows without a prediction do not
        count.
    card
        Of the model that predicted; None: it was not named.

    Returns
    -------
    str
        Empty for a table whose column ``scheme`` says how predictions were split from training.
    """
    if "scheme" in frame.columns:
        return ""
    if card is None or card.trained_on is None:
        who = "no model is named" if card is None else f"the card of '{card.name}' does not say"
        return f"not known is whether these sites were trained on: {who}"
    scored = frame[frame[PREDICTED].notna()]
    sites, seen = name_sites(scored).nunique(), count_seen(scored, card.trained_on)
    if not seen:
        return f"none of the {sites} sites was in the training of '{card.name}'"
    return (
        f"{seen} of {sites} sites were in the training of '{card.name}': at these the scores say "
        "how well it fits, not what it is worth; see the report of its training"
    )


def _has_places(frame: pd.DataFrame) -> bool:
    return {"latitude", "longitude"} <= set(frame.columns)


def _find_cells(frame: pd.DataFrame) -> NDArray[np.int64]:
    """(n, 2), of the rows whose place is known."""
    known = frame[["latitude", "longitude"]].astype(np.float64).dropna()
    return np.floor(known.to_numpy() / _CELL_DEG).astype(np.int64)


def _digest(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=_BYTES).digest(), "little")


def _encode(words: Iterable[str]) -> str:
    digests = np.array(sorted({_digest(word) for word in set(words)}), "<u4")
    return base64.b64encode(digests.tobytes()).decode()


def _decode(text: str) -> frozenset[int]:
    return frozenset(np.frombuffer(base64.b64decode(text), "<u4").tolist())
