"""Opens an output by its address."""

from __future__ import annotations

from pathlib import Path

from smmap.spec.errors import StoreError
from smmap.store.address import SCHEMES
from smmap.store.folder import FolderOutput
from smmap.store.output import OutputStore


def find_folder(address: str | Path) -> Path | None:
    """The folder that an output's address means; None: it is a URL of something else."""
    scheme, there, rest = str(address).partition("://")
    if isinstance(address, Path) or not there:
        return Path(address)
    return Path(rest) if scheme == "file" else None


def open_output_store(address: str | Path | OutputStore) -> OutputStore:
    """A folder's path or ``file:`` URL, or the URL of an object store's prefix.

    Raises
    ------
    StoreError
        If something else than a folder is there, the scheme is not known, or the store's
        configuration is not complete.
    """
    if not isinstance(address, str | Path):
        return address
    folder = find_folder(address)
    if folder is not None:
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is no folder; an output is one, or a prefix of a store")
        return FolderOutput(folder)
    scheme = str(address).partition("://")[0]
    if scheme not in SCHEMES:
        known = ", ".join(f"{one}://" for one in SCHEMES)
        raise StoreError(f"'{address}': outputs go to a folder or to {known}")
    from smmap.store.objects import ObjectOutput

    return ObjectOutput(str(address))
