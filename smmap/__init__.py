"""smmap turns satellite scenes into soil-moisture maps.

Three functions do the main things; each is imported when it is first used:

``smmap.run(recipe, out=...)``
    from a recipe to maps
``smmap.open(folder)``
    a finished output as an xarray object
``smmap.load_model(folder_or_onnx)``
    a model that predicts pixels
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from smmap.version import __version__

if TYPE_CHECKING:
    from smmap.archive.open import open_output as open  # noqa: A004
    from smmap.model.package import load_model
    from smmap.pipeline.run import run

__all__ = ["__version__", "load_model", "open", "run"]

_PLACES = {
    "open": ("smmap.archive.open", "open_output"),
    "load_model": ("smmap.model.package", "load_model"),
    "run": ("smmap.pipeline.run", "run"),
}


def __getattr__(name: str) -> Any:
    """Import what was asked for, now (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module 'smmap' has no attribute '{name}'")
    from importlib import import_module

    module, attribute = _PLACES[name]
    return getattr(import_module(module), attribute)
