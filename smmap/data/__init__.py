"""Where packaged files are: ``catalogs/``, ``pipelines/`` and ``models/``.

In a wheel they lie beside this file; in a checkout, at the top of the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Folder = Literal["catalogs", "pipelines", "models"]


def get_folder(name: Folder) -> Path:
    """The packaged folder of that name, else the repository's."""
    here = Path(__file__).parent
    packaged = here / name
    return packaged if packaged.is_dir() else here.parent.parent / name
