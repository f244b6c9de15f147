"""The page that says what a model is worth, from a table of its predictions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from smmap.report.page import render_page
from smmap.report.picture import encode_png
from smmap.report.predictions import prepare_predictions
from smmap.report.validation_figures import draw_bars, draw_curves, draw_density, draw_series
from smmap.spec.errors import InsituError
from smmap.store.atomic import write_atomic
from smmap.validation.anomaly import WINDOW_DAYS, compute_anomalies
from smmap.validation.bootstrap import Bootstrap
from smmap.validation.flattery import Flattery
from smmap.validation.samples import PREDICTED, TRUTH, name_sites, need_columns
from smmap.validation.scores import compute_scores
from smmap.validation.stratify import average_over_stations, score_all, score_by

CLASSES = ("network", "relative_orbit", "land_cover", "texture", "climate", "station")
"""Columns that are scored class by class where the table has them."""
_SCHEME = "scheme"
_RANDOM = "random"
_GROWTH = "growth of the RMSE (m³/m³)"


@dataclass(frozen=True)
class Findings:
    """What training found besides predictions; each part that is there gets its section."""

    curves: pd.DataFrame | None = None
    """Learning curves: ``name``, ``size``, ``rmse`` (m3/m3), one row a fit."""
    importance: pd.Series | None = None
    """Feature -> growth of the RMSE when it is shuffled, m3/m3."""
    ablation: pd.Series | None = None
    """Source -> growth of the RMSE when the model is trained without it, m3/m3."""


def write_validation_report(
    page: Path,
    samples: pd.DataFrame,
    *,
    title: str,
    by: Iterable[str] = (),
    findings: Findings | None = None,
    bootstrap: Bootstrap | None = None,
) -> None:
    """Write one HTML file with scores, intervals and pictures in it.

    Parameters
    ----------
    page
        The file; replaced whole, and only when all is computed.
    samples
        As `predictions.load_predictions` gives them. With a column ``scheme`` the table holds
        the predictions of several splits, scored side by side; classes, scatter and series are
        then those of the first scheme that is not random.
    by
        Further columns to score class by class.
    findings
        Learning curves, importance, ablation.
    bootstrap
        How intervals are made.

    Raises
    ------
    InsituError
        If a column is missing or the samples cannot be scored.
    StoreError
        If the page cannot be written.
    """
    samples = prepare_predictions(samples, title)
    need_columns(samples, by, title)
    shown = _choose(samples)
    columns = [name for name in dict.fromkeys((*CLASSES, *by)) if name in shown.columns]
    timed = "time" in shown.columns
    bootstrap = bootstrap or Bootstrap()
    content = {
        "level": f"{100 * bootstrap.level:g}",
        "samples": len(shown),
        "unscored": int(shown[PREDICTED].isna().sum()),
        "stations": name_sites(shown).nunique(),
        "networks": shown["network"].nunique(),
        "schemes": _rows(score_by(samples, _SCHEME, bootstrap)) if _SCHEME in samples else [],
        "flattery": _find_flattery(samples),
        "overall": _rows(_score_overall(shown, timed=timed, bootstrap=bootstrap)),
        "window_days": WINDOW_DAYS,
        "classes": [(name, _rows(score_by(shown, name, bootstrap))) for name in columns],
        "period": _describe_period(shown) if timed else "",
        "scatter": _embed(draw_density(shown)),
        "series": _embed(draw_series(shown)) if timed else "",
        "findings": _draw_findings(findings or Findings()),
    }
    write_atomic(page, render_page("validation_report.html", title=title, **content).encode())


def _choose(samples: pd.DataFrame) -> pd.DataFrame:
    """The predictions of one split: a sample must not be counted once for each of them."""
    if _SCHEME not in samples.columns:
        return samples
    schemes: list[str] = [str(name) for name in samples[_SCHEME].unique()]
    chosen = next((name for name in schemes if name != _RANDOM), schemes[0])
    return samples[samples[_SCHEME].astype(str) == chosen].reset_index(drop=True)


def _score_overall(
    shown: pd.DataFrame, *, timed: bool, bootstrap: Bootstrap | None
) -> pd.DataFrame:
    tables = [score_all(shown, bootstrap), average_over_stations(shown, bootstrap=bootstrap)]
    anomalies = compute_anomalies(shown) if timed else shown.iloc[:0]
    if len(anomalies) > 1 and anomalies[TRUTH].nunique() > 1:
        found = average_over_stations(anomalies, bootstrap=bootstrap)
        tables.append(found.assign(**{"class": "anomalies, " + found["class"]}))
    return pd.concat(tables, ignore_index=True)


def _find_flattery(samples: pd.DataFrame) -> str:
    """What a random split flatters by, where the table has one and another."""
    if _SCHEME not in samples.columns or _RANDOM not in set(samples[_SCHEME]):
        return ""
    grouped = _choose(samples)
    scheme = str(grouped[_SCHEME].iloc[0])
    if scheme == _RANDOM:
        return ""
    one, other = (
        compute_scores(part[PREDICTED].to_numpy(float), part[TRUTH].to_numpy(float))
        for part in (samples[samples[_SCHEME] == _RANDOM], grouped)
    )
    return Flattery(one, other, scheme).describe()


def _describe_period(samples: pd.DataFrame) -> str:
    return f"{samples['time'].min():%Y-%m-%d} to {samples['time'].max():%Y-%m-%d}"


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _draw_findings(findings: Findings) -> list[tuple[str, str, str]]:
    """Heading, note and picture of each part that is there."""
    parts: list[tuple[str, str, Figure]] = []
    if findings.curves is not None:
        need_columns(findings.curves, ("name", "size", "rmse"), "learning curves")
        note = "Median of the repeats, and their range."
        parts.append(("Learning curves", note, draw_curves(findings.curves)))
    bars: Sequence[tuple[str, str, pd.Series | None]] = (
        ("Feature importance", "when a feature is shuffled", findings.importance),
        ("Without a source", "when the model is trained without it", findings.ablation),
    )
    for heading, note, values in bars:
        if values is not None:
            if values.empty or values.isna().any():
                raise InsituError(f"{heading}: a value is missing for each name that is given")
            parts.append((heading, f"Growth of the RMSE {note}.", draw_bars(values, _GROWTH)))
    return [(heading, note, _embed(figure)) for heading, note, figure in parts]


def _embed(figure: Figure) -> str:
    return "data:image/png;base64," + b64encode(encode_png(figure)).decode()
