"""Where remote files are kept on disk: a recipe's ``cache``. It decides no pixel."""

from __future__ import annotations

from pydantic import Field

from smmap.spec.options import Options


class Cache(Options):
    """Parts of remote files that were read once, for all runs that name the same folder."""

    folder: str
    """On a disk of this machine, or one that all workers see; made where it is not there."""
    gigabytes: float = Field(default=20.0, gt=0)
    """Of all that it holds (1e9 bytes each); what was not used for longest goes first."""
