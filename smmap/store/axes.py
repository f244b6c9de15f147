"""Which axes of a variable are rows and columns, and whether they are degrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from smmap.spec.errors import SceneError

if TYPE_CHECKING:
    import xarray as xr

Meaning = Literal["latitude", "longitude", "y", "x"]
_NAMES: dict[str, Meaning] = {
    **dict.fromkeys(("latitude", "lat"), "latitude"),
    **dict.fromkeys(("longitude", "lon"), "longitude"),
    "y": "y",
    "x": "x",
}
_STANDARD: dict[str, Meaning] = {
    "latitude": "latitude",
    "longitude": "longitude",
    "projection_y_coordinate": "y",
    "projection_x_coordinate": "x",
}
_ROWS, _COLUMNS = ("latitude", "y"), ("longitude", "x")


def find_axes(names: Sequence[str], dataset: xr.Dataset) -> tuple[str, str]:
    """Rows, then columns, of two axes in any order.

    What an axis is follows from its coordinate's ``standard_name``, its units (``degrees_north``,
    ``degrees_east``), else its name in any case (CF conventions, section 4). Axes without
    coordinates are taken in the order in which they are stored.

    Raises
    ------
    SceneError
        If the coordinates say of neither, or of both the same, what they are.
    """
    if not any(one in dataset.variables for one in names):
        first, second = names
        return first, second
    found = {find_meaning(one, dataset): one for one in names}
    rows = next((found[one] for one in _ROWS if one in found), None)
    columns = next((found[one] for one in _COLUMNS if one in found), None)
    if rows is None or columns is None:
        raise SceneError(
            f"has axes {list(names)}, of which nothing says that they are latitude and longitude, "
            "or y and x; name them so, or give them a standard_name"
        )
    return rows, columns


def find_meaning(name: str, dataset: xr.Dataset) -> Meaning | None:
    """What an axis runs along; None: it is not said. Of rotated poles: nothing that is known."""
    attributes = dataset[name].attrs if name in dataset.variables else {}
    standard = attributes.get("standard_name")
    if standard is not None:
        return _STANDARD.get(str(standard))
    units = str(attributes.get("units", "")).lower().replace("degrees", "degree")
    if units in ("degree_north", "degree_n", "degreen"):
        return "latitude"
    if units in ("degree_east", "degree_e", "degreee"):
        return "longitude"
    return _NAMES.get(name.lower())
