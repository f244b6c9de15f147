"""Packs a file to disk; a large one in a process of its own.

Reading ONNX takes many times the memory of what comes out. A process that ends gives all of it
back, and a worker with a limit does not go beyond it.
"""

from __future__ import annotations

import json
import mmap
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import numpy as np

from smmap.spec.errors import ModelError, SmmapError, StoreError, UnsuitedError
from smmap.store.atomic import report_store_errors
from smmap.store.checksum import compute_sha256
from smmap.trees.beside import check_beside
from smmap.trees.load_ensemble import read_trees
from smmap.trees.onnx_graph import load_tree_node
from smmap.trees.pack import Reserve, pack
from smmap.trees.packed import Bytes, Packed

_LARGE = 32 << 20
"""Bytes of an ONNX file."""
_ZEROS = bytes(1 << 20)
_ERRORS = {error.__name__: error for error in (ModelError, UnsuitedError, StoreError)}


def pack_file(path: Path, digest: str, reserve: Reserve) -> Packed:
    """Read an ONNX file, of that SHA-256, and pack it; errors as ``load_ensemble`` and ``pack``."""
    node = load_tree_node(path)
    others = {name: compute_sha256(path.parent / name) for name in node.external}
    for name, found in others.items():
        check_beside(path, name, found, node.checksums.get(name, found))
    return pack(read_trees(node, str(path)), {path.name: digest, **others}, reserve)


def write_packed(path: Path, digest: str, target: Path, lock: IO[bytes]) -> None:
    """Pack an ONNX file into ``target`` and flush it.

    Parameters
    ----------
    path, digest
        The file, its SHA-256.
    target
        What is written.
    lock
        The open lock of that place. A process that packs outlives one that was killed while it
        waited: it holds the lock, too, so that nobody packs to the same place meanwhile.

    Raises
    ------
    StoreError
        If it cannot be written; else as ``load_ensemble`` and ``pack``.
    """
    with report_store_errors(str(target)):
        target.write_bytes(b"")  # before the file is read
    if path.stat().st_size < _LARGE:
        _write(path, digest, target)
    else:
        _write_apart(path, digest, target, lock)


def _write(path: Path, digest: str, target: Path) -> None:
    def reserve(size: int) -> Bytes:
        with report_store_errors(str(target)), target.open("w+b") as file:
            # Written, not only sized: a full disk would end the process that writes to its map.
            for start in range(0, size, len(_ZEROS)):
                file.write(_ZEROS[: size - start])
            file.flush()
            return np.frombuffer(mmap.mmap(file.fileno(), size), np.uint8)

    pack_file(path, digest, reserve)
    with report_store_errors(str(target)):
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_apart(path: Path, digest: str, target: Path, lock: IO[bytes]) -> None:
    command = [sys.executable, "-m", "smmap.trees.write_packed", str(path), digest, str(target)]
    places = os.pathsep.join(place for place in sys.path if place)
    environment = {**os.environ, "PYTHONPATH": places}
    done = subprocess.run(  # noqa: S603 (this module)
        command,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        pass_fds=[lock.fileno()],
    )
    if not done.returncode:
        return
    try:
        told = json.loads(done.stdout)
    except ValueError:
        told = None
    if told is not None:
        raise _ERRORS.get(told["error"], ModelError)(told["message"])
    raise ModelError(
        f"{path}: packing its trees ended with {done.returncode}: "
        f"{done.stderr.strip()[-300:] or 'killed, probably for want of memory'}"
    )


def main() -> None:
    """What the process of its own does; an error is told in JSON."""
    try:
        _write(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
    except SmmapError as error:
        told = {"error": type(error).__name__, "message": str(error)}
        sys.stdout.write(json.dumps(told))
        sys.exit(1)


if __name__ == "__main__":
    main()
