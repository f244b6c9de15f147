from typing import Any, TypeAlias

from numpy.typing import NDArray

_Array: TypeAlias = NDArray[Any]

def filter_lee(power: _Array, window: int, noise: float, plain: int, out: _Array, /) -> None: ...
