"""Whether the kernel, in C, was built; all that it does is done without it, slower."""

from __future__ import annotations

from importlib import import_module

try:
    import_module("smmap.product._kernel")
except ImportError:
    HAS_KERNEL = False
else:
    HAS_KERNEL = True
