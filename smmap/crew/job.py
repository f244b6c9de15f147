"""What the pieces of one run share, and what a piece of work is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Piece(Protocol):
    """Something that one worker does from beginning to end; crosses to it as a pickle."""

    @property
    def id(self) -> str:
        """Unique in its run; in every log line of the work on it."""
        ...


P = TypeVar("P", bound=Piece)
"""A kind of piece."""
R = TypeVar("R")
"""What a finished piece leaves."""
_P_contra = TypeVar("_P_contra", bound=Piece, contravariant=True)
_R_co = TypeVar("_R_co", covariant=True)


class Job(Protocol[_P_contra, _R_co]):
    """A run as workers know it: small, a pickle, sent along with each piece."""

    def open(self) -> AbstractContextManager[Callable[[_P_contra], _R_co]]:
        """What does a piece, in a process that has all it needs for that.

        Raises
        ------
        SmmapError
            If this process cannot do pieces of this run.
        """
        ...


@dataclass(frozen=True)
class Outcome(Generic[P, R]):
    """What became of one attempt at a piece: a result, an error, a trace or a lost worker."""

    piece: P
    """As it was handed out."""
    result: R | None = None
    """Where it came to its end."""
    error: Exception | None = None
    """One of ours, which broke it off."""
    trace: str = ""
    """Of an exception that nobody foresaw."""
    lost: str = ""
    """The worker that ended while it had the piece, whatever it ended for."""
    deaths: int = 0
    """How many workers ended with it in this attempt."""
