"""Chooses what runs an ONNX file: the tree engine for tree ensembles, else ONNX Runtime."""

from __future__ import annotations

import logging
import mmap
from functools import cache
from pathlib import Path

from smmap.model.session import Device, Runner, Session
from smmap.model.tree_graph_session import TreeGraphSession
from smmap.model.tree_session import TreeSession
from smmap.spec.errors import UnsuitedError
from smmap.trees.kernels import choose_kernel, list_kernels

logger = logging.getLogger(__name__)

_OPERATOR = b"TreeEnsemble"


def open_session(path: Path, device: Device, threads: int | None) -> Runner:
    """Open a file for prediction.

    Trees run in our own engine; where ``cuda`` is required, as standard operators in ONNX
    Runtime, which has no operator for trees there. A file that the engine does not take goes to
    ONNX Runtime; so do all where the engine's kernel was not built, or is switched off.

    Raises
    ------
    ModelError
        If it cannot be opened, by whichever runs it; ``DeviceError`` if ``cuda`` is not there.
    """
    if device == "cuda" and _holds_trees(path) and list_kernels():
        try:
            return TreeGraphSession(path, device, "cuda")
        except UnsuitedError as error:
            logger.info("%s; ONNX Runtime is asked", error)
    elif device != "cuda" and _holds_trees(path):
        kernel = choose_kernel()
        if kernel is not None:
            try:
                session = TreeSession(path, kernel, device, threads)
            except UnsuitedError as error:
                logger.info("%s; ONNX Runtime runs it", error)
            else:
                engine = session.placement.engine
                logger.info("%s: device asked %s, %s", path.name, device, engine)
                return session
        elif not list_kernels():
            _warn_once()
    return Session(path, device, threads)


def _holds_trees(path: Path) -> bool:
    """Whether the operator's name is in the file: cheaper than reading it as ONNX."""
    try:
        with path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # not to be read, or empty: ONNX Runtime says so
        return False
    with whole:
        return whole.find(_OPERATOR) >= 0


@cache
def _warn_once() -> None:
    logger.warning(
        "the tree engine was not built (pip needs a C compiler for it): ONNX Runtime runs tree "
        "ensembles, many times slower"
    )
