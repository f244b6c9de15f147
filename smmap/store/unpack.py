"""Values of a packed variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FILL = 9e36
"""NetCDF's own fill value of floats, 9.97e36, where none is declared."""


def unpack(
    stored: NDArray[Any], attributes: Mapping[str, Any], nodata: float | None
) -> NDArray[np.float64]:
    """Values of a packed variable, NaN where there are none (CF conventions, section 8.1).

    What ``_Unsigned`` says (NetCDF users' guide, appendix A) holds for fill values too.
    """
    turn = None
    if str(attributes.get("_Unsigned")).lower() == "true" and stored.dtype.kind == "i":
        turn = 1 << (8 * stored.dtype.itemsize)
        stored = stored.view(f"u{stored.dtype.itemsize}")
    values = stored.astype(np.float64)
    for fill in (nodata, attributes.get("_FillValue"), attributes.get("missing_value")):
        if fill is not None:
            for one in np.ravel(fill):
                values[stored == (one if turn is None else int(one) % turn)] = np.nan
    values[np.abs(values) > _FILL] = np.nan
    scale, offset = attributes.get("scale_factor"), attributes.get("add_offset")
    if scale is not None:
        values *= float(np.ravel(scale)[0])
    if offset is not None:
        values += float(np.ravel(offset)[0])
    return values
