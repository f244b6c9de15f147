"""Opens an output by its address."""

from __future__ import annotations

from pathlib import Path

from smmap.spec.errors import StoreError
from smmap.store.address import SCHEMES
from smmap.store.folder import FolderOutput
from smmap.store.output import OutputStore


def open_output_store(address: str | Path | OutputStore) -> OutputStore:
    """A folder's path or ``file:`` URL, or the URL of an object store's prefix.

    Raises
    ------
    StoreError
        If the scheme is not known, or the store's configuration is not complete.
    """
    if not isinstance(address, str | Path):
        return address
    scheme, there, rest = str(address).partition("://")
    if isinstance(address, Path) or not there:
        return FolderOutput(Path(address))
    if scheme == "file":
        return FolderOutput(Path(rest))
    if scheme not in SCHEMES:
        known = ", ".join(f"{one}://" for one in SCHEMES)
        raise StoreError(f"'{address}': outputs go to a folder or to {known}")
    from smmap.store.objects import ObjectOutput

    return ObjectOutput(str(address))
