"""The error tree. A message says what went wrong, where, and what to do.

::

    SmmapError                      exit code 1
    ├── ConfigError                 2   recipe, card or catalogue file cannot be used
    ├── CatalogError                3   a catalogue cannot be searched
    │   └── EmptySearchError        3   a whole run's search found nothing
    ├── GridError                   2   no such grid, tile or area
    ├── SceneError                  4   one scene cannot be read or used
    ├── ModelError                  5   a model package cannot be opened
    │   ├── GoldenError             5   golden outputs do not come back
    │   ├── DeviceError             5   the device asked for is not there
    │   └── UnsuitedError           5   a sound model that the tree engine does not run
    ├── InsituError                 2   station readings or a table of samples cannot be used
    ├── StoreError                  6   the output cannot be written
    ├── ArchiveError                6   an output folder is not what it should be
    └── TransientError              7   a fault of the moment: network, rate limit, busy store
        ├── RefusedError            7   a server does not accept an address's signature
        └── OfflineError            7   only the network has it, which is not to be used
"""

from __future__ import annotations


class SmmapError(Exception):
    """Root of every error that smmap raises on purpose."""

    exit_code = 1


class ConfigError(SmmapError):
    """A recipe, model card or catalogue definition cannot be used as it stands."""

    exit_code = 2


class GridError(SmmapError):
    """A grid, tile or area does not exist or does not fit."""

    exit_code = 2


class CatalogError(SmmapError):
    """A catalogue cannot be opened or searched."""

    exit_code = 3


class EmptySearchError(CatalogError):
    """A run's whole search found nothing to map."""


class SceneError(SmmapError):
    """One scene cannot be read, aligned or converted; the others can."""

    exit_code = 4

    def __init__(self, message: str, scene: str = "") -> None:
        super().__init__(message)
        self.scene = scene
        """Id of the scene that is to be left out, where it is known."""


class ModelError(SmmapError):
    """A model package is incomplete, damaged or does not fit its card."""

    exit_code = 5


class GoldenError(ModelError):
    """A package's golden inputs do not give its golden outputs on this machine."""


class DeviceError(ModelError):
    """The device that was required is not available."""


class UnsuitedError(ModelError):
    """A model that the tree engine does not run; ONNX Runtime may."""


class InsituError(SmmapError):
    """Station readings, or a table of samples made from them, cannot be used as they stand."""

    exit_code = 2


class StoreError(SmmapError):
    """An output cannot be written, flushed or renamed."""

    exit_code = 6


class ArchiveError(SmmapError):
    """An output folder is missing, incomplete or not one of ours."""

    exit_code = 6


class TransientError(SmmapError):
    """A failure of the moment (network, rate limit, busy store) that may be retried."""

    exit_code = 7

    def __init__(self, message: str, scene: str = "", *, exhausted: bool = False) -> None:
        super().__init__(message)
        self.scene = scene
        """Id of the scene that could not be had, where it is known."""
        self.exhausted = exhausted
        """True: it was tried often enough already, or at once again is of no use."""


class RefusedError(TransientError):
    """A server does not accept the signature of an address; another one may be."""


class OfflineError(TransientError):
    """Something lies on the network alone, and this process is not to use it."""

    def __init__(self, message: str, scene: str = "", *, exhausted: bool = True) -> None:
        super().__init__(message, scene, exhausted=exhausted)
