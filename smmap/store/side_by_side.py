"""Does one thing to several items at once, by threads that wait for servers."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import lru_cache
from typing import TypeVar

from smmap.store.session import CONNECTIONS

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def do_side_by_side(
    action: Callable[[_Item], _Result], items: Sequence[_Item], at_once: int
) -> list[_Result]:
    """Results of ``action``, in any order; its first error once nothing is under way any more.

    This thread works along, and others of the process as far as they are free: nothing is ever
    waited for that has not begun. An action must not come here again.

    Parameters
    ----------
    at_once
        Threads, this one among them.
    """
    left = iter(items)

    def work() -> list[_Result]:
        return [action(one) for one in left]

    pool = _open_pool(os.getpid())
    jobs = [pool.submit(copy_context().run, work) for _ in range(min(len(items), at_once) - 1)]
    try:
        results = work()
    finally:
        jobs = [one for one in jobs if not one.cancel()]
        wait(jobs)
    return [*results, *(result for job in jobs for result in job.result())]


@lru_cache(maxsize=1)
def _open_pool(process: int) -> ThreadPoolExecutor:
    """Of that process: threads do not come along with a fork. They stay, being slow to start."""
    return ThreadPoolExecutor(CONNECTIONS, f"fetch-{process}")
