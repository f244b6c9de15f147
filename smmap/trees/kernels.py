"""Which kernel runs: the processor's fastest, or the one that the environment names."""

from __future__ import annotations

import os

from smmap.spec.errors import ConfigError

VARIABLE = "SMMAP_TREE_KERNEL"
"""Environment variable: ``vbmi``, ``avx512``, ``avx2``, ``scalar``, or ``off``."""
OFF = "off"


def list_kernels() -> list[str]:
    """Kernels that this processor runs, fastest first; none where the extension is not there."""
    try:
        from smmap.trees import _kernel
    except ImportError:
        return []
    return _kernel.kernels()


def choose_kernel() -> str | None:
    """The kernel to use; None where the extension is not there or the environment says ``off``.

    Raises
    ------
    ConfigError
        If the environment names a kernel that this processor does not run.
    """
    asked = os.environ.get(VARIABLE) or None
    available = list_kernels()
    if asked == OFF or not available:
        return None
    if asked is not None and asked not in available:
        raise ConfigError(f"{VARIABLE}={asked}: this processor runs {', '.join([*available, OFF])}")
    return asked or available[0]
