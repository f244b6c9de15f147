"""How a benchmark is run, and what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from smmap.spec.errors import ConfigError

MODEL = "model.onnx"
"""In every model's folder."""
NATIVE = "native.ubj"
"""Beside it where xgboost made it."""
WEIGHTS = "weights.pt"
"""Beside it where PyTorch made it."""


@dataclass(frozen=True)
class Settings:
    """What the command line says."""

    models: Path
    """Folder that ``smmap bench models`` made."""
    scratch: Path
    """For files that are gone afterwards."""
    threads: tuple[int, ...] = (1, 2)
    """Each is measured."""
    size: int | None = None
    """Pixels a side of what is read, written or mapped; None: the benchmark's own."""
    quick: bool = False
    """True: little work, one round; figures say little, rows are all there."""

    @property
    def rounds(self) -> int:
        """Of which the median is taken."""
        return 1 if self.quick else 5

    def choose_size(self, full: int, quick: int) -> int:
        """Pixels a side."""
        return self.size or (quick if self.quick else full)

    def find_model(self, name: str, file: str = MODEL) -> Path:
        """A file of a model that was made.

        Raises
        ------
        ConfigError
            If it is not there.
        """
        path = self.models / name / file
        if not path.is_file():
            raise ConfigError(
                f"{path}: not there; make the models first: smmap bench models --out {self.models}"
            )
        return path


def damaged(path: Path) -> ConfigError:
    """An error to raise where a yardstick's library cannot read its model."""
    return ConfigError(
        f"{path}: damaged, or of another version of its library; make the models again: "
        "smmap bench models"
    )


def require(purpose: str, modules: Iterable[str]) -> None:
    """Check that other libraries are installed.

    Raises
    ------
    ConfigError
        Names those that are not, and the extra.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"{purpose} needs {', '.join(missing)}, not installed: pip install 'smmap[bench]'"
        )
