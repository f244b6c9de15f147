"""What a process that maps may take, whatever it maps."""

from __future__ import annotations

from smmap.bench.goal import Goal

ALLOWED_MB = 2000.0
"""2 GB."""
MEMORY = Goal("at most", 1.0)
"""Of peak memory against ``ALLOWED_MB``."""
