"""Tries again what failed only for the moment."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from smmap.spec.errors import TransientError

ATTEMPTS = 6
FIRST_WAIT_S = 0.25
"""Doubled after each attempt; half of it more or less, so that readers do not come back at once."""

_Result = TypeVar("_Result")


def retry(action: Callable[[], _Result]) -> _Result:
    """Call ``action`` until it raises no TransientError, at most `ATTEMPTS` times.

    Any other error, and the TransientError of the last attempt, come through.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return action()
        except TransientError:
            time.sleep(FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311
    return action()
