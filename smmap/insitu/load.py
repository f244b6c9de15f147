"""Reads the readings of a folder, a zip archive or a file, whatever wrote them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from smmap.insitu.ismn import Outcome, read_ismn
from smmap.insitu.mapping import ColumnMapping
from smmap.insitu.place import Place, open_place
from smmap.insitu.readings import Readings, collect_readings
from smmap.insitu.rules import ReadingRules
from smmap.insitu.scan import read_scan
from smmap.insitu.table import ENDINGS, read_tables
from smmap.insitu.uscrn import NAME as USCRN_NAME
from smmap.insitu.uscrn import read_uscrn
from smmap.spec.errors import InsituError
from smmap.store.documents import load_yaml

Kind = Literal["ismn", "scan", "uscrn", "table"]
_SCAN_MARK = "Soil Moisture Percent"


def load_readings(
    path: Path,
    *,
    kind: str | None = None,
    mapping: Path | None = None,
    rules: ReadingRules | None = None,
) -> Readings:
    """All wanted readings below ``path``, with the account of all others.

    Parameters
    ----------
    path
        A folder, a zip archive or a file; never written to.
    kind
        One of ``ismn``, ``scan``, ``uscrn``, ``table``; None: found by the files' names.
    mapping
        YAML file of a `ColumnMapping`; tables need one.
    rules
        Which readings are wanted; None: flag G, to 5 cm, 0..0.60 m3/m3.

    Raises
    ------
    InsituError
        If nothing is there, the kind cannot be found, or no file can be read.
    ConfigError
        If the mapping is not valid.
    """
    rules = rules or ReadingRules()
    with open_place(path) as place:
        chosen = _check_kind(kind) if kind else find_kind(place)
        readings = collect_readings(_read(place, chosen, mapping, rules), rules)
    account = readings.account
    if not account.files and not account.set_aside:
        reasons = "; ".join(account.left_out.values()) or f"no file of kind '{chosen}' in it"
        raise InsituError(f"{path}: no readings: {reasons}")
    return readings


def find_kind(place: Place) -> Kind:
    """What wrote the files, by their names and, for reports, their first text.

    Raises
    ------
    InsituError
        If they look like nothing known.
    """
    bases = [posixpath.basename(name) for name in place.names]
    if any(base.endswith(".stm") for base in bases):
        return "ismn"
    if any(USCRN_NAME.match(base) for base in bases):
        return "uscrn"
    reports = [name for name in place.names if name.endswith((".txt", ".txt.gz"))]
    if any(_is_scan_report(place, name) for name in reports):
        return "scan"
    if any(base.endswith(ENDINGS) for base in bases):
        return "table"
    kinds = ", ".join(get_args(Kind))
    raise InsituError(
        f"{place.path}: neither ISMN (.stm), USCRN (CRNH02...txt), SCAN reports nor tables "
        f"({', '.join(ENDINGS)}); say which with --kind: {kinds}"
    )


def _is_scan_report(place: Place, name: str) -> bool:
    try:
        return _SCAN_MARK in place.load_text(name)
    except InsituError:
        return False  # told when it is read as whatever the others are


def _check_kind(kind: str) -> str:
    if kind not in get_args(Kind):
        raise InsituError(f"no kind '{kind}'; there are: {', '.join(get_args(Kind))}")
    return kind


def _read(place: Place, kind: str, mapping: Path | None, rules: ReadingRules) -> Iterator[Outcome]:
    if kind == "ismn":
        return read_ismn(place, rules)
    if kind == "scan":
        return read_scan(place)
    if kind == "uscrn":
        return read_uscrn(place)
    if mapping is None:
        raise InsituError(
            f"{place.path}: a table needs --mapping FILE.yaml, which says what its columns are"
        )
    return read_tables(place, ColumnMapping.parse(load_yaml(mapping), str(mapping)))
