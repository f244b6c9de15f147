"""What a finished unit looks like in numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smmap.pipeline.run_state import VV_DB
from smmap.pipeline.staged import StagedUnit
from smmap.product.layers import SM, SM_QUALITY
from smmap.product.packing import unpack
from smmap.spec.quality import QUALITY_NODATA, Quality


def compute_statistics(staged: StagedUnit) -> dict[str, float]:
    """Counts, shares and medians over a unit's area; a figure without pixels is left out.

    ``valid`` pixels have a value; ``unflagged`` ones have no quality bit set besides. Shares of
    flags are of the pixels that the radar saw.
    """
    quality = np.asarray(staged.get(SM_QUALITY), dtype=np.uint16)
    sm = unpack(staged.get(SM), SM)
    vv_db = unpack(staged.get(VV_DB), VV_DB)
    valid = np.isfinite(sm)
    seen = quality != QUALITY_NODATA
    unflagged = valid & (quality == 0)
    figures: dict[str, float] = {
        "pixels": float(sm.size),
        "seen": float(np.isfinite(vv_db).sum()),
        "valid": float(valid.sum()),
        "valid_percent": 100.0 * float(valid.mean()),
        "unflagged": float(unflagged.sum()),
    }
    for bit in Quality:
        share = float(((quality & bit) > 0)[seen].mean()) if seen.any() else 0.0
        figures[f"share_{str(bit.name).lower()}"] = share
    for name, where in (("valid", valid), ("unflagged", unflagged)):
        figures |= _summarise(sm, where, f"sm_{name}") | _summarise(vv_db, where, f"vv_db_{name}")
    return figures


def _summarise(
    values: NDArray[np.float32], where: NDArray[np.bool_], name: str
) -> dict[str, float]:
    chosen = values[where].astype(np.float64)
    if not chosen.size:
        return {}
    return {
        f"{name}_median": float(np.median(chosen)),
        f"{name}_mean": float(chosen.mean()),
        f"{name}_std": float(chosen.std()),
        f"{name}_min": float(chosen.min()),
        f"{name}_max": float(chosen.max()),
    }
