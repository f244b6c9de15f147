"""Checksums as STAC's ``file:checksum`` wants them."""

from __future__ import annotations


def encode_multihash(sha256: str) -> str:
    """A SHA-256 (hex) as a self-describing multihash: code 12, length 20, digest (hex).

    Source: the table of https://github.com/multiformats/multihash.
    """
    return f"1220{sha256}"
