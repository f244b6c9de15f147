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

    Any other error, one that is ``exhausted``, and the TransientError of the last attempt, which
    is so from then on, come through.
    """
    attempt = 1
    while True:
        try:
            return action()
        except TransientError as error:
            error.exhausted = error.exhausted or attempt == ATTEMPTS
            if error.exhausted:
                raise
        time.sleep(FIRST_WAIT_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311
        attempt += 1
