from typing import Any, TypeAlias

from numpy.typing import NDArray

_Array: TypeAlias = NDArray[Any]

def kernels() -> list[str]: ...
def lay_out(
    left: _Array,
    right: _Array,
    column: _Array,
    key: _Array,
    leaf: _Array,
    wide: bool,
    bits: int,
    leaf_column: int,
    breadth_first: int,
    nodes: _Array,
    values: _Array,
    /,
) -> tuple[int, int]: ...
def fits(numbers: tuple[int, int, int, int], arrays: tuple[_Array, ...], /) -> bool: ...
def predict(
    numbers: tuple[int, int, int, int],
    arrays: tuple[_Array, ...],
    kernel: str,
    way: int,
    pixels: _Array,
    features: int,
    out: _Array,
    /,
) -> None: ...
def read_attribute(
    data: bytes, /
) -> tuple[bytes, tuple[int, int], bytes | None, bytes | None, int, list[bytes], bytes | None]: ...
