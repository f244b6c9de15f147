"""Files of skops, which looks through all of scikit-learn when it is imported: two seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write_skops(model: Any, path: Path) -> None:
    """Write what skops can store; it is imported by those who do, and not by all who collect."""
    from skops.io import dump

    dump(model, path)
