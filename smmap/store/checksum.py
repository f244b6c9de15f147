"""Checksums, as SHA-256 and as the multihash that STAC's ``file:checksum`` wants."""

from __future__ import annotations

import hashlib
from pathlib import Path


def compute_sha256(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def compute_multihash(path: Path) -> str:
    """SHA-256 of a file as a self-describing multihash: code 12, length 20, digest (hex)."""
    return f"1220{compute_sha256(path)}"
