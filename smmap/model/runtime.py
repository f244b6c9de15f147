"""Opens ONNX Runtime on one device, and never on another without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from smmap.spec.errors import DeviceError, ModelError
from smmap.store.known_checksum import find_sha256
from smmap.trees.beside import check_beside, read_checksums

Place = Literal["cpu", "cuda"]
"""A device that runs models."""
PROVIDERS: dict[Place, str] = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
"""ONNX Runtime's names for them."""


def list_places() -> list[Place]:
    """Devices that this ONNX Runtime was built for."""
    import onnxruntime as ort

    available = ort.get_available_providers()
    return [place for place, provider in PROVIDERS.items() if provider in available]


def get_version() -> str:
    """Of ONNX Runtime."""
    import onnxruntime as ort

    return str(ort.__version__)


def require_place(place: Place, name: str) -> None:
    """A DeviceError where ONNX Runtime was not built for that device."""
    import onnxruntime as ort

    if place not in list_places():
        raise DeviceError(
            f"device '{place}' was required for {name}, but ONNX Runtime offers only "
            f"{', '.join(ort.get_available_providers())}; it has to be onnxruntime-gpu alone: "
            "pip uninstall -y onnxruntime onnxruntime-gpu, then pip install --no-deps "
            "onnxruntime-gpu; or use device: auto"
        )


def open_runtime(model: str | bytes, name: str, place: Place) -> Any:
    """An ``onnxruntime.InferenceSession`` whose operators all run at that place.

    It may be run from several threads at once, each of which does its own work.

    Parameters
    ----------
    model
        A file's path, or its content.
    name
        For messages.
    place
        The device.

    Raises
    ------
    DeviceError
        If the device is not there, or some operator does not run on it.
    ModelError
        If it cannot be opened, or a file beside it is not the one whose checksum it bears.
    """
    import onnxruntime as ort

    require_place(place, name)
    options = ort.SessionOptions()
    options.log_severity_level = 4  # what it would print it raises as well
    # Whoever calls brings the threads: none of the runtime's own, that would spin while they wait.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    if place == "cuda":
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    try:
        # The runtime would else try again on the processor, and print it.
        session = ort.InferenceSession(
            model, options, providers=[PROVIDERS[place]], enable_fallback=False
        )
    except Exception as error:  # noqa: BLE001 (the runtime raises its own, unrelated kinds)
        reason = str(error).strip()
    else:
        if isinstance(model, str):
            _check_files_beside(session, Path(model))
        if session.get_providers()[0] == PROVIDERS[place]:
            return session
        reason = f"it runs on {', '.join(session.get_providers())} instead"
    if place == "cuda":
        raise DeviceError(
            f"{name}: CUDA cannot be used here, or does not run all of it ({reason}); check the "
            "driver and the CUDA libraries (ONNX Runtime prints which it lacks), or use device: cpu"
        )
    raise ModelError(f"{name}: ONNX Runtime cannot open it ({reason})")


def _check_files_beside(session: Any, path: Path) -> None:
    """What tensors lie in is none of ONNX Runtime's checks; a file that it needs is there."""
    for name, expected in read_checksums(session.get_modelmeta().custom_metadata_map).items():
        beside = path.parent / name
        try:
            found = find_sha256(beside) if beside.is_file() else expected
        except OSError as error:
            found = str(error)
        check_beside(path, name, found, expected)
