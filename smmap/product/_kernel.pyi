from typing import Any, TypeAlias

from numpy.typing import NDArray

_Array: TypeAlias = NDArray[Any]
_Side: TypeAlias = tuple[int, int]
"""Pixels along it, and the first of the cells."""

def count(numbers: _Array, groups: _Array | None, counts: _Array, /) -> None: ...
def average(values: _Array, fill: int, rows: _Side, columns: _Side, out: _Array, /) -> None: ...
def commonest(values: _Array, fill: int, rows: _Side, columns: _Side, out: _Array, /) -> None: ...
