"""What C's allocator keeps of memory that was given back."""

from __future__ import annotations

import ctypes
from typing import Any


def give_back_memory() -> None:
    """Have the system take back what is free, between tasks.

    glibc keeps pieces of arrays that were freed, in ever more places: over hundreds of overpasses
    a process grows by half though no more is in use. Other C libraries do not, or give it back by
    themselves.
    """
    trim: Any = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
