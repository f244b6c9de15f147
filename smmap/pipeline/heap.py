"""What C's allocator keeps of memory that was given back."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""What `mallopt` calls them: see malloc.h."""
_LARGEST = 32 * 2**20
"""glibc takes no larger threshold."""
_KEPT = 2**30


@cache
def keep_memory() -> None:
    """Have arrays take the place of those that were freed before them, once a process.

    By itself glibc gives large arrays back to the system one by one, which then has to clear their
    pages anew for the next ones: a quarter of the time of everything but the model. One place
    for all threads, so that what one frees another can take.
    """
    options = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _LARGEST), (_TRIM_THRESHOLD, _KEPT))
    set_option: Any = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        for option, value in options:
            set_option(option, value)


def give_back_memory() -> None:
    """Have the system take back what is free, between tasks.

    glibc keeps pieces of arrays that were freed: over hundreds of overpasses a process grows by
    half though no more is in use. Other C libraries do not, or give it back by themselves.
    """
    trim: Any = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
