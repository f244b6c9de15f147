"""Reads pixels of Earth Engine's images, on their own grid.

Values come as they are stored: Earth Engine resamples nothing where the grid asked for is the
image's own. Resampling is done here, in linear power and with the same bits for every cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urldefrag

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from smmap.grid.earth_engine import Window, describe_pixel_grid
from smmap.spec.band import Band
from smmap.spec.errors import SceneError, TransientError
from smmap.spec.tile import Block
from smmap.stack.decode import decode
from smmap.stack.pieces import plan_pieces
from smmap.stack.positions import compute_positions, find_window
from smmap.stack.read_meter import count_read
from smmap.stack.resample import Aligned, Source, resample
from smmap.stack.waiting import Waiting
from smmap.store.earth_engine import AT_ONCE, ask, get_asset_id

SENTINEL = -(2.0**120)
"""Stands for masked pixels on the way; a power of two comes through every type as it is."""
STEPS_A_DAY = 24
"""Images of one day, at most."""
_FLOAT_BYTES = 4
_MASK_BYTES = 1
"""Allowed for in the size of an answer: whether Earth Engine counts its mask is not known."""
WAITING_BYTES = 256 * 2**20
"""Of bands that came along with others and wait to be read, in a process."""
_WAITING = Waiting(most_bytes=WAITING_BYTES, most_seconds=300.0)
_HOUR_DIGITS = len("2023040105")


def load_image(band: Band, block: Block) -> Aligned:
    """Pull what the block needs of ``band``, once, and put it onto the block's pixels.

    Raises
    ------
    SceneError
        If there is no such image or band, or nothing says where its pixels lie.
    TransientError
        If it cannot be had at the moment, after several attempts.
    """
    crs, transform, shape = get_grid(band)
    positions = compute_positions(block, transform, crs, shape)
    window = find_window(positions.bounds(), shape)
    if window is None:
        return Aligned(np.full(block.shape, np.nan, np.float32), np.zeros(block.shape, bool))
    values = load_window(band, crs, transform, shape, window)
    source = Source(values, (window[0], window[2]), shape)
    return resample(source, positions, band.resampling)


def get_grid(band: Band) -> tuple[str, Affine, tuple[int, int]]:
    """Coordinate system, place and (rows, columns) of an image's pixels.

    Raises
    ------
    SceneError
        If the band does not say.
    """
    if band.crs is None or band.transform is None or band.shape is None:
        raise SceneError(f"{band.href}: nothing says where the pixels of '{band.name}' lie")
    return band.crs, Affine(*band.transform), band.shape


def load_window(
    band: Band, crs: str, transform: Affine, shape: tuple[int, int], window: Window
) -> NDArray[np.float32]:
    """A window of a grid, (rows, columns), decoded; NaN is nodata, dB become power.

    Bands that will be read too (``band.together``) come in the same answer, and wait for that.

    Parameters
    ----------
    band
        Its ``href`` is of an image.
    crs, transform, shape
        The grid. On any other than the image's own, Earth Engine takes the nearest pixel.
    window
        Rows and columns of it.

    Raises
    ------
    SceneError, TransientError
        As of `load_image`.
    """
    place = (band.href, crs, transform, window)
    stored = _WAITING.take((band.variable, place))
    if stored is None:
        name, wanted = get_asset_id(band.href), list(band.together or (band.variable,))

        def express(ee: Any) -> Any:
            return ee.Image(name).select(wanted)

        pixels = _pull(band, express, (crs, transform, shape), window, len(wanted))
        stored = pixels.pop(str(band.variable))
        for variable, values in pixels.items():
            _WAITING.put((variable, place), values)
    return _decode(stored, band)


def is_day(band: Band) -> bool:
    """Whether a band's ``href`` is of all images of a day, and `load_day` reads it."""
    return bool(urldefrag(band.href).fragment)


def load_day(
    band: Band, crs: str, transform: Affine, shape: tuple[int, int], window: Window
) -> tuple[list[datetime], NDArray[np.float32]]:
    """All images of a collection's UTC day on a window of a grid, in one request.

    Parameters
    ----------
    band
        Its ``href`` is of a collection, with the day after a ``#``.
    crs, transform, shape, window
        As of `load_window`.

    Returns
    -------
    list of datetime
        Start of each image, UTC, in order.
    float32 array, (images, rows, columns)
        Decoded; NaN is nodata. Hours that the collection lacks are not there.

    Raises
    ------
    SceneError, TransientError
        As of `load_image`.
    """
    address, day = urldefrag(band.href)
    name, start = get_asset_id(address), datetime.fromisoformat(day).replace(tzinfo=UTC)
    end = start + timedelta(days=1)

    def express(ee: Any) -> Any:
        images = ee.ImageCollection(name).filterDate(start.isoformat(), end.isoformat())
        return images.select([band.variable]).toBands()

    grid = crs, transform, shape
    pixels = _pull(band, express, grid, window, STEPS_A_DAY)
    moments = {_read_moment(name, band): name for name in pixels}
    steps = sorted(moments)
    return steps, np.stack([_decode(pixels[moments[one]], band) for one in steps])


def _read_moment(name: str, band: Band) -> datetime:
    """Start of an image from its index: ``20230401T05_...``, ``A20230401_0300_...``."""
    digits = "".join(re.findall(r"\d+", name.removesuffix(f"_{band.variable}")))
    if len(digits) < _HOUR_DIGITS:
        raise SceneError(f"{band.href}: image '{name}' is not named by its hour")
    return datetime.strptime(f"{digits[:_HOUR_DIGITS]}+0000", "%Y%m%d%H%z")


def _decode(stored: NDArray[np.float32], band: Band) -> NDArray[np.float32]:
    """``stored`` is changed."""
    stored[stored == SENTINEL] = np.nan
    return decode(stored, band, band.nodata)


def _pull(
    band: Band,
    express: Callable[[Any], Any],
    grid: tuple[str, Affine, tuple[int, int]],
    window: Window,
    bands: int,
) -> dict[str, NDArray[np.float32]]:
    """Pixels of an expression by name of the band, pulled in pieces, several at once."""
    crs, transform, shape = grid
    top, bottom, left, right = window
    if not (0 <= top < bottom <= shape[0] and 0 <= left < right <= shape[1]):
        raise SceneError(f"{band.href}: pixels {window} are wanted of {shape}")

    def pull(piece: Window) -> NDArray[Any]:
        where = describe_pixel_grid(crs, transform, piece)

        def compute(ee: Any) -> NDArray[Any]:
            # Outside the image's own outline, too, pixels without a value must be told from 0.
            image = express(ee).unmask(SENTINEL, False).toFloat()  # noqa: FBT003
            answer = ee.data.computePixels(
                {"expression": image, "fileFormat": "NPY", "grid": where}
            )
            return _parse(answer, band, (piece[1] - piece[0], piece[3] - piece[2]))

        return ask(band.href, compute, SceneError)

    pieces = plan_pieces(window, bands * (_FLOAT_BYTES + _MASK_BYTES))
    with ThreadPoolExecutor(min(len(pieces), AT_ONCE), "pixels") as pool:
        parts = list(pool.map(pull, pieces))
    names = parts[0].dtype.names or ()
    whole = {name: np.empty((bottom - top, right - left), np.float32) for name in names}
    for piece, part in zip(pieces, parts, strict=True):
        place = np.s_[piece[0] - top : piece[1] - top, piece[2] - left : piece[3] - left]
        for name in names:
            whole[name][place] = part[name]
    count_read(sum(part.nbytes for part in parts))
    return whole


def _parse(answer: bytes, band: Band, shape: tuple[int, int]) -> NDArray[Any]:
    """The array in an NPY answer."""
    try:
        pixels: NDArray[Any] = np.load(BytesIO(answer), allow_pickle=False)
    except (ValueError, EOFError) as error:
        reason = str(error)
    else:
        if pixels.shape == shape and pixels.dtype.names:
            return pixels
        reason = f"{pixels.shape} {pixels.dtype} instead of {shape}"
    raise TransientError(f"{band.href}: the answer is not whole ({reason}); try again later")
