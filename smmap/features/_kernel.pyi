from typing import Any, TypeAlias

from numpy.typing import NDArray

_Array: TypeAlias = NDArray[Any]

def filter_lee(power: _Array, window: int, noise: float, plain: int, out: _Array, /) -> None: ...
def normalised_difference(first: _Array, second: _Array, out: _Array, /) -> None: ...
def evi(nir: _Array, red: _Array, blue: _Array, out: _Array, /) -> None: ...
def gather(values: _Array, pixels: _Array, out: _Array, /) -> None: ...
def gradient(
    elevation: _Array,
    down_m: _Array,
    across_m: _Array,
    eastward: _Array,
    northward: _Array,
    /,
) -> None: ...
