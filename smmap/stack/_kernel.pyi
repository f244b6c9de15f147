from typing import Any, TypeAlias

from numpy.typing import NDArray

_Array: TypeAlias = NDArray[Any]

def lanes() -> list[int]: ...
def resample(
    values: _Array,
    window: tuple[int, int, int, int],
    rows: _Array,
    cols: _Array,
    bilinear: bool,
    lanes: int,
    out: _Array,
    covered: _Array,
    /,
) -> None: ...
def resample_axes(
    values: _Array,
    window: tuple[int, int, int, int],
    rows: _Array,
    cols: _Array,
    bilinear: bool,
    lanes: int,
    out: _Array,
    covered: _Array,
    /,
) -> None: ...
def resample_between(
    values: _Array,
    window: tuple[int, int, int, int],
    nodes: _Array,
    corner: tuple[int, int],
    bilinear: bool,
    lanes: int,
    out: _Array,
    covered: _Array,
    /,
) -> None: ...
def draw_between(nodes: _Array, corner: tuple[int, int], out: _Array, /) -> None: ...
def decode(
    stored: _Array,
    has_nodata: bool,
    nodata: float,
    scaled: bool,
    scale: float,
    offset: float,
    zero_is_nothing: bool,
    lanes: int,
    out: _Array,
    /,
) -> None: ...
def undo_predictor(data: bytearray, width: int, floating: bool, out: _Array, /) -> None: ...
