"""Opens a model package: card, members, golden check."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from smmap.data import get_folder
from smmap.model.model import Model
from smmap.model.open_session import open_session
from smmap.model.session import Device
from smmap.model.window_model import WindowModel
from smmap.model.window_session import WindowSession
from smmap.spec.card import ModelCard
from smmap.spec.errors import ConfigError, GoldenError, ModelError
from smmap.spec.windows import CELL, SizedWindows
from smmap.store.documents import load_yaml
from smmap.store.known_checksum import find_sha256
from smmap.trees.processors import count_processors

CARD = "card.yaml"


@dataclass(frozen=True)
class GoldenRows:
    """What a package must still give when it is opened."""

    inputs: NDArray[np.float32]
    """(n, columns) as the model takes them; NaN is a missing input."""
    outputs: NDArray[np.float32]
    """(n,) m3/m3; NaN where there is no estimate."""


@dataclass(frozen=True)
class Applicability:
    """The card's domain, read: where the training data lie."""

    inputs: tuple[str, ...]
    """Names of the inputs that span it."""
    edges: tuple[NDArray[np.float64], ...]
    """Bin edges, one array an input."""
    occupied: NDArray[np.bool_]
    """Bins that hold training data, one axis an input."""


def find_package(name_or_path: str | Path) -> Path:
    """The folder (or ONNX file) of a packaged model's name or a path.

    Raises
    ------
    ModelError
        If there is neither; the message lists the packaged names.
    """
    packaged = get_folder("models")
    for candidate in (Path(name_or_path), packaged / str(name_or_path)):
        if (candidate / CARD).is_file() or (candidate.is_file() and candidate.suffix == ".onnx"):
            return candidate
    names = sorted(folder.name for folder in packaged.iterdir() if (folder / CARD).is_file())
    raise ModelError(
        f"no model '{name_or_path}': give a folder with {CARD}, an .onnx file, or one of "
        f"{', '.join(names)}"
    )


def load_card(package: Path) -> ModelCard:
    """The package's card; a ConfigError says which key is wrong."""
    path = package / CARD
    return ModelCard.parse(load_yaml(path), str(path))


def load_model(
    folder_or_onnx: str | Path, device: Device = "auto", threads: int | None = None
) -> Model:
    """Open a model package (or a bare ONNX file) and check that it still gives its golden outputs.

    Parameters
    ----------
    folder_or_onnx
        A package's folder, an ONNX file, or a packaged name.
    device
        ``auto`` takes CUDA where ONNX Runtime offers it (tree ensembles run on the processor);
        ``cuda`` fails where it does not.
    threads
        Threads a prediction may use; None: the processors that the process may use.

    Raises
    ------
    ModelError
        If something is missing, damaged or does not fit; ``GoldenError`` if the outputs differ;
        ``DeviceError`` if the device is not there.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"device '{device}' is not one of auto, cpu, cuda")
    place = find_package(folder_or_onnx)
    if place.is_file():
        return Model([open_session(place, device, threads)], [1.0], name=str(place))
    card = load_card(place)
    if card.windows is not None:
        return _load_windowed(place, card, card.windows, device, threads)
    sessions = []
    for member in card.members:
        path = _check_file(place, member.file, member.sha256)
        session = open_session(path, device, threads)
        if session.features not in (None, card.columns):
            raise ModelError(
                f"{path}: takes {session.features} features, the card names {card.columns}"
            )
        sessions.append(session)
    model = Model(sessions, [member.weight for member in card.members], card)
    golden = load_golden(place)
    _compare_golden(place, model.predict(golden.inputs), golden.outputs, card)
    return model


def _load_windowed(
    place: Path, card: ModelCard, windows: SizedWindows, device: Device, threads: int | None
) -> WindowModel:
    """A model whose members take images."""
    names = [*(one.name for one in windows.branches), CELL]
    sessions = [
        WindowSession(_check_file(place, one.file, one.sha256), device, names)
        for one in card.members
    ]
    weights = [one.weight for one in card.members]
    model = WindowModel(sessions, weights, card, windows, threads or count_processors())
    path = _check_file(place, card.golden.file, card.golden.sha256)
    arrays = _load_arrays(path, [*names, "outputs"])
    images = {name: arrays[name].astype(np.float32) for name in names}
    outputs = arrays["outputs"].astype(np.float32)
    if any(one.ndim != 4 or one.shape[0] != len(outputs) for one in images.values()):
        raise ModelError(f"{path}: its arrays are not one image for each of the outputs")
    _compare_golden(place, model.estimate_cells(images).ravel(), outputs, card)
    return model


def load_applicability(package: Path) -> Applicability | None:
    """The occupancy grid that the card names, or None."""
    domain = load_card(package).domain
    if domain is None:
        return None
    path = _check_file(package, domain.file, domain.sha256)
    arrays = _load_arrays(path, ["occupied", *(f"edges_{i}" for i in range(len(domain.inputs)))])
    edges = tuple(arrays[f"edges_{i}"].astype(np.float64) for i in range(len(domain.inputs)))
    occupied = arrays["occupied"].astype(bool)
    if occupied.shape != tuple(len(edge) - 1 for edge in edges):
        raise ModelError(f"{path}: shape {occupied.shape} does not fit its edges")
    return Applicability(domain.inputs, edges, occupied)


def _check_file(package: Path, name: str, sha256: str) -> Path:
    path = package / name
    if not path.is_file():
        raise ModelError(f"{path}: the card names this file, but it is not there")
    try:
        found = find_sha256(path)
    except OSError as error:
        reason = str(error)
    else:
        if found == sha256:
            return path
        reason = f"checksum {found[:12]}... is not the card's {sha256[:12]}..."
    raise ModelError(
        f"{path}: {reason}; the file was changed or damaged, or may not be read: fetch the package "
        "again"
    )


def _load_arrays(path: Path, names: list[str]) -> dict[str, NDArray[np.generic]]:
    try:
        # Opened here: NumPy leaves its own handle open if the archive is broken.
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except (OSError, ValueError, TypeError, EOFError, KeyError, BadZipFile) as error:
        reason = str(error)
    raise ModelError(f"{path}: cannot be read ({reason})")


def load_golden(package: Path) -> GoldenRows:
    """Golden rows of a package without windows.

    Raises
    ------
    ModelError
        If they are not there, damaged, or do not fit the card.
    """
    card = load_card(package)
    path = _check_file(package, card.golden.file, card.golden.sha256)
    arrays = _load_arrays(path, ["inputs", "outputs"])
    inputs, outputs = arrays["inputs"].astype(np.float32), arrays["outputs"].astype(np.float32)
    if inputs.shape[1:] != (card.columns,) or not len(inputs) or outputs.shape != inputs.shape[:1]:
        raise ModelError(f"{path}: shapes {inputs.shape}, {outputs.shape} do not fit the card")
    return GoldenRows(inputs, outputs)


def _compare_golden(
    package: Path, predicted: NDArray[np.float32], outputs: NDArray[np.float32], card: ModelCard
) -> None:
    same_gaps = np.array_equal(np.isfinite(predicted), np.isfinite(outputs))
    both = np.isfinite(predicted) & np.isfinite(outputs)
    difference = float(np.max(np.abs(predicted - outputs), where=both, initial=0.0))
    if not same_gaps or not difference <= card.golden.tolerance:
        raise GoldenError(
            f"{package}: golden outputs do not come back (largest difference {difference:.2g} "
            f"m3/m3, allowed {card.golden.tolerance:.2g}; values in the same rows: {same_gaps}); "
            "the model or the runtime has changed"
        )
