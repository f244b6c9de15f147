"""Soil texture classes of the USDA."""

from __future__ import annotations

import numpy as np
import pandas as pd


def classify_texture(sand_percent: pd.Series, clay_percent: pd.Series) -> pd.Series[str]:
    """The class of each soil by its sand and clay; "" where one of them is not known.

    Soil Survey Manual, USDA Handbook 18 (2017), chapter 3; the inequalities are those of the NRCS
    texture calculator. Classes do not overlap and leave no gap.

    Parameters
    ----------
    sand_percent, clay_percent
        % of weight; what is left to 100 is silt.
    """
    sand, clay = (one.to_numpy(dtype=float) for one in (sand_percent, clay_percent))
    silt = 100 - sand - clay
    known = (sand >= 0) & (clay >= 0) & (silt >= -0.5)
    # In this order, each rule may rely on the ones above it having failed.
    rules = {
        "": ~known,
        "sand": silt + 1.5 * clay < 15,
        "loamy sand": silt + 2 * clay < 30,
        "sandy clay": (clay >= 35) & (sand > 45),
        "silty clay": (clay >= 40) & (silt >= 40),
        "clay": clay >= 40,
        "silty clay loam": (clay >= 27) & (sand <= 20),
        "clay loam": (clay >= 27) & (sand <= 45),
        "sandy clay loam": (clay >= 20) & (silt < 28) & (sand > 45),
        "silt": (silt >= 80) & (clay < 12),
        "silt loam": silt >= 50,
        "loam": (clay >= 7) & (silt >= 28) & (sand <= 52),
    }
    classes = np.select(list(rules.values()), list(rules), default="sandy loam")
    return pd.Series(classes, index=sand_percent.index, name="texture", dtype=str)
