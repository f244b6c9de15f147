"""The page that says what a model is worth, from a table of its predictions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from smmap.report.findings import Findings, draw_growths, draw_scenarios, embed
from smmap.report.page import render_page
from smmap.report.predictions import prepare_predictions
from smmap.report.validation_figures import draw_density, draw_series
from smmap.store.atomic import write_atomic
from smmap.validation.anomaly import WINDOW_DAYS, compute_anomalies
from smmap.validation.bootstrap import Bootstrap
from smmap.validation.curves import TRIAL, score_repeats
from smmap.validation.flattery import Flattery
from smmap.validation.networks import JOINED
from smmap.validation.orbits import ORBIT, compare_orbits
from smmap.validation.revisit import compute_revisit
from smmap.validation.samples import PREDICTED, TRUTH, name_sites, need_columns
from smmap.validation.schemes import RANDOM, is_random
from smmap.validation.scores import compute_scores
from smmap.validation.stratify import average_over_stations, score_all, score_by
from smmap.validation.triple_collocation import collocate_columns

CLASSES = ("network", "relative_orbit", "land_cover", "texture", "climate", "station")
"""Columns that are scored class by class where the table has them."""
_SCHEME = "scheme"
_BESIDE = f"{PREDICTED} "
"""How columns of what else predicted begin: members, the mean of the training rows."""


def write_validation_report(
    page: Path,
    samples: pd.DataFrame,
    *,
    title: str,
    by: Iterable[str] = (),
    collocate: Iterable[str] = (),
    findings: Findings | None = None,
    notes: Iterable[str] = (),
    bootstrap: Bootstrap | None = None,
) -> tuple[str, ...]:
    """Write one HTML file with scores, intervals and pictures in it.

    Parameters
    ----------
    page
        The file; replaced whole, and only when all is computed.
    samples
        As `predictions.load_predictions` gives them. With a column ``scheme`` the table holds
        the predictions of several splits, scored side by side; classes, scatter and series are
        then those of the first scheme that is not random. Rows that have `curves.TRIAL` are fits
        of a scenario, and become learning curves.
    by
        Further columns to score class by class.
    collocate
        Two columns of estimates (m3/m3) whose errors are independent of the predictions' and of
        each other's, for triple collocation; none: without.
    findings
        Learning curves, importance, ablation.
    notes
        What else a reader should know, said first.
    bootstrap
        How intervals are made.

    Returns
    -------
    tuple
        What it says in sentences: scores of each scheme, by how much a random one flatters,
        whether orbits differ, what merging them gains.

    Raises
    ------
    InsituError
        If a column is missing or the samples cannot be scored.
    StoreError
        If the page cannot be written.
    """
    findings = findings or Findings()
    samples, trials = _part_trials(prepare_predictions(samples, title))
    need_columns(samples, by, title)
    shown = choose_counting(samples)
    curves = findings.curves if trials.empty else score_repeats(trials)
    columns = [name for name in dict.fromkeys((*CLASSES, *by)) if name in shown.columns]
    timed = "time" in shown.columns
    bootstrap = bootstrap or Bootstrap()
    content = {
        "notes": list(notes),
        "level": f"{100 * bootstrap.level:g}",
        "samples": len(shown),
        "unscored": int(shown[PREDICTED].isna().sum()),
        "stations": name_sites(shown).nunique(),
        "networks": _count_networks(shown),
        "schemes": _score_schemes(samples, bootstrap),
        "flattery": _find_flattery(samples),
        "overall": _rows(_score_overall(shown, timed=timed, bootstrap=bootstrap)),
        "beside": _score_beside(shown, bootstrap),
        "window_days": WINDOW_DAYS,
        "classes": [(name, _rows(score_by(shown, name, bootstrap))) for name in columns],
        "period": _describe_period(shown) if timed else "",
        "orbits": _compare_orbits(shown, timed=timed, bootstrap=bootstrap),
        "collocated": _collocate(shown, tuple(collocate), bootstrap),
        "scatter": embed(draw_density(shown)),
        "series": embed(draw_series(shown)) if timed else "",
        "scenarios": draw_scenarios(curves),
        "findings": draw_growths(findings),
    }
    write_atomic(page, render_page("validation_report.html", title=title, **content).encode())
    return _say(content)


def _say(content: dict[str, Any]) -> tuple[str, ...]:
    said = [*content["notes"]]
    said += [
        f"{row['class']}: RMSE {_limit(row, 'rmse')}, bias {row['bias']:+.3f}, ubRMSE "
        f"{row['ubrmse']:.3f} m3/m3, R {row['r']:.2f}, {row['count']:,} samples of "
        f"{row['stations']} stations"
        for row in content["schemes"] or content["overall"][:1]
    ]
    if content["flattery"]:
        said.append(f"a random split flatters: {content['flattery']}")
    if content["orbits"]:
        said += [content["orbits"]["verdict"], content["orbits"]["revisit"]]
    return tuple(one for one in said if one)


def _limit(row: dict[str, Any], score: str) -> str:
    """A score with its interval, where it has one."""
    low, high = row[f"{score}_low"], row[f"{score}_high"]
    return f"{row[score]:.3f}" + (f" ({low:.3f}..{high:.3f})" if low <= high else "")


def _part_trials(samples: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Samples that are predicted once for each scheme, and those of scenarios."""
    if not {_SCHEME, *TRIAL} <= set(samples.columns):
        return samples, samples.iloc[:0]
    drawn = samples[[*TRIAL]].notna().all(axis=1)
    if not drawn.all():
        return samples[~drawn].reset_index(drop=True), samples[drawn]
    # Of scenarios alone, one fit stands for all in the rest of the page.
    size, repeat = TRIAL
    first = samples[samples[_SCHEME] == samples[_SCHEME].iloc[0]]
    largest = first[first[size] == first[size].max()]
    one = largest[largest[repeat] == largest[repeat].min()]
    return one.reset_index(drop=True), samples


def choose_counting(samples: pd.DataFrame) -> pd.DataFrame:
    """The predictions of one split: a sample must not be counted once for each of them."""
    if _SCHEME not in samples.columns:
        return samples
    schemes: list[str] = [str(name) for name in samples[_SCHEME].unique()]
    chosen = next((name for name in schemes if not is_random(name)), schemes[0])
    return samples[samples[_SCHEME].astype(str) == chosen].reset_index(drop=True)


def _score_schemes(samples: pd.DataFrame, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """Each split by itself, random ones last."""
    if _SCHEME not in samples.columns:
        return []
    rows = _rows(score_by(samples, _SCHEME, bootstrap))
    return sorted(rows, key=lambda row: is_random(str(row["class"])))


def _score_beside(shown: pd.DataFrame, bootstrap: Bootstrap) -> list[dict[str, Any]]:
    """The model's members and the mean of the training rows, where the table has them."""
    names = [
        name
        for name in map(str, shown.columns)
        if name.startswith(_BESIDE)
        and pd.api.types.is_numeric_dtype(shown[name].dtype)
        and not shown[name].equals(shown[PREDICTED])
    ]
    return [
        row | {"class": name.removeprefix(_BESIDE)}
        for name in names
        for row in _rows(score_all(shown.assign(**{PREDICTED: shown[name]}), bootstrap))
    ]


def _count_networks(shown: pd.DataFrame) -> int:
    """Of a cell that holds stations of several, joined by ``+``, each counts."""
    return len({one for names in shown["network"].unique() for one in str(names).split(JOINED)})


def _score_overall(
    shown: pd.DataFrame, *, timed: bool, bootstrap: Bootstrap | None
) -> pd.DataFrame:
    tables = [score_all(shown, bootstrap), average_over_stations(shown, bootstrap=bootstrap)]
    anomalies = compute_anomalies(shown) if timed else shown.iloc[:0]
    if len(anomalies) > 1 and anomalies[TRUTH].nunique() > 1:
        found = average_over_stations(anomalies, bootstrap=bootstrap)
        if found["stations"].iloc[0]:
            tables.append(found.assign(**{"class": "anomalies, " + found["class"]}))
    return pd.concat(tables, ignore_index=True)


def _find_flattery(samples: pd.DataFrame) -> str:
    """What a random split flatters by, where the table has one and another."""
    if _SCHEME not in samples.columns or RANDOM not in set(samples[_SCHEME]):
        return ""
    grouped = choose_counting(samples)
    scheme = str(grouped[_SCHEME].iloc[0])
    if is_random(scheme):
        return ""
    one, other = (
        compute_scores(part[PREDICTED].to_numpy(float), part[TRUTH].to_numpy(float))
        for part in (samples[samples[_SCHEME] == RANDOM], grouped)
    )
    return Flattery(one, other, scheme).describe()


def _compare_orbits(
    shown: pd.DataFrame, *, timed: bool, bootstrap: Bootstrap
) -> dict[str, Any] | None:
    """Rows of differences, and what they and the times come to."""
    if ORBIT not in shown.columns:
        return None
    compared = compare_orbits(shown, bootstrap)
    return {
        "rows": _rows(compared.table),
        "verdict": compared.describe(),
        "level": f"{100 * compared.level:.3g}",
        "revisit": compute_revisit(shown).describe() if timed else "",
    }


def _collocate(
    shown: pd.DataFrame, others: tuple[str, ...], bootstrap: Bootstrap
) -> list[dict[str, Any]]:
    if not others:
        return []
    return _rows(collocate_columns(shown, (PREDICTED, *others), bootstrap))


def _describe_period(samples: pd.DataFrame) -> str:
    return f"{samples['time'].min():%Y-%m-%d} to {samples['time'].max():%Y-%m-%d}"


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
