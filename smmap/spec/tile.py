"""Where pixels lie: a tile of a grid, and a block of a tile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from smmap.spec.errors import GridError


@dataclass(frozen=True)
class Tile:
    """A named piece of a grid."""

    id: str
    """Unique within the grid, for example ``31N_6_55``; part of file names."""
    geobox: GeoBox
    """The whole tile: axis-aligned, north up."""
    grid: str = "custom"
    """Name of its grid: ids are unique within it."""

    @property
    def key(self) -> str:
        """Grid and id, ``utm-10m/31N_6_55``: unique in an output, and part of its paths."""
        return f"{self.grid}/{self.id}"


@dataclass(frozen=True)
class Block:
    """A window of a pixel grid: the unit of memory.

    Pixels are counted from the corner of ``geobox``, and may lie outside it: a step that
    looks around itself pads the block by its halo. Coordinates come from these counts, never
    from the block's own corner, so that every cut of a tile gives the same numbers.
    """

    geobox: GeoBox
    """The grid that the counts refer to (a tile's, or a refinement of it)."""
    row: int
    """First row."""
    col: int
    """First column."""
    height: int
    """Rows."""
    width: int
    """Columns."""

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise GridError(f"a block of {self.height} x {self.width} pixels is empty")

    @classmethod
    def whole(cls, geobox: GeoBox) -> Block:
        """All of a GeoBox as one block."""
        return cls(geobox, 0, 0, int(geobox.shape[0]), int(geobox.shape[1]))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.height, self.width

    def pad(self, halo: int) -> Block:
        """The block with ``halo`` more pixels on every side."""
        return Block(
            self.geobox,
            self.row - halo,
            self.col - halo,
            self.height + 2 * halo,
            self.width + 2 * halo,
        )

    def refine(self, factor: int) -> Block:
        """The same ground, each pixel cut into ``factor`` x ``factor``."""
        if factor == 1:
            return self
        fine = self.geobox.zoom_to(
            (int(self.geobox.shape[0]) * factor, int(self.geobox.shape[1]) * factor)
        )
        return Block(
            fine,
            self.row * factor,
            self.col * factor,
            self.height * factor,
            self.width * factor,
        )

    def split(self, size: int) -> list[Block]:
        """Cut into blocks of at most ``size`` x ``size`` pixels, row by row."""
        if size < 1:
            raise GridError(f"block size {size} must be at least 1 pixel")
        return [
            Block(
                self.geobox,
                self.row + r,
                self.col + c,
                min(size, self.height - r),
                min(size, self.width - c),
            )
            for r in range(0, self.height, size)
            for c in range(0, self.width, size)
        ]

    def xs(self) -> NDArray[np.float64]:
        """Pixel-centre x of every column, CRS units, shape (width,)."""
        return self.find_xs(np.arange(self.col, self.col + self.width, dtype=np.float64))

    def ys(self) -> NDArray[np.float64]:
        """Pixel-centre y of every row, CRS units, shape (height,)."""
        return self.find_ys(np.arange(self.row, self.row + self.height, dtype=np.float64))

    def find_xs(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of any counts of the tile's columns: whole at pixel centres."""
        affine = self.geobox.affine
        return np.asarray(affine.c + (columns + 0.5) * affine.a, dtype=np.float64)

    def find_ys(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of any counts of the tile's rows."""
        affine = self.geobox.affine
        return np.asarray(affine.f + (rows + 0.5) * affine.e, dtype=np.float64)

    def to_geobox(self) -> GeoBox:
        """A GeoBox of just this window, for extents and for files."""
        affine = self.geobox.affine
        corner = Affine(
            affine.a,
            affine.b,
            affine.c + self.col * affine.a + self.row * affine.b,
            affine.d,
            affine.e,
            affine.f + self.col * affine.d + self.row * affine.e,
        )
        return GeoBox(self.shape, corner, self.geobox.crs)

    def hull(self, other: Block) -> Block:
        """The smallest block that holds both; same grid."""
        row, col = min(self.row, other.row), min(self.col, other.col)
        bottom = max(self.row + self.height, other.row + other.height)
        right = max(self.col + self.width, other.col + other.width)
        return Block(self.geobox, row, col, bottom - row, right - col)

    def overlap(self, other: Block) -> Block | None:
        """What both have in common, or None; same grid."""
        row, col = max(self.row, other.row), max(self.col, other.col)
        bottom = min(self.row + self.height, other.row + other.height)
        right = min(self.col + self.width, other.col + other.width)
        if bottom <= row or right <= col:
            return None
        return Block(self.geobox, row, col, bottom - row, right - col)

    def within(self, other: Block) -> tuple[slice, slice]:
        """Slices that cut this block out of an array over ``other`` (same grid)."""
        top, left = self.row - other.row, self.col - other.col
        return slice(top, top + self.height), slice(left, left + self.width)
