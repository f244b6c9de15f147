"""Logs go to stderr, and only the command line sets handlers."""

from __future__ import annotations

import logging


def set_up_logging(*, verbose: bool) -> None:
    """Warnings always; what is being done only when asked."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger("smmap")
    root.handlers = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
