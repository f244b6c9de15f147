"""What a table says it was made as, beside what a recipe or a model takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from smmap.features.builder import compute_requests
from smmap.features.feature import Feature
from smmap.features.registry import get_feature
from smmap.features.request import REFLECTANCES, find_requests
from smmap.spec.card import ModelInput
from smmap.spec.errors import ConfigError, InsituError
from smmap.spec.input_list import FeatureSet, InputList

_NOTES = b"smmap"
"""Key of the notes among a Parquet file's metadata."""
_RADAR = frozenset(("sigma0_vv", "sigma0_vh"))


def load_notes(path: Path) -> Mapping[str, Any]:
    """The notes that `smmap samples` left in a table; empty where there are none, as of a CSV file.

    Raises
    ------
    InsituError
        If they cannot be read.
    """
    if path.suffix != ".parquet":
        return {}
    import pyarrow.parquet as pq

    try:
        said = (pq.read_schema(path).metadata or {}).get(_NOTES)
        notes = json.loads(said) if said else {}
    except (OSError, ValueError) as error:
        raise InsituError(f"{path}: its notes cannot be read ({error}); make it again") from None
    return notes if isinstance(notes, dict) else {}


def check_notes(notes: Mapping[str, Any], wanted: FeatureSet, where: str) -> None:
    """Refuse inputs that no map could derive, and samples that were made otherwise than is wanted.

    Without notes nothing is known of the samples. Compared are radiometry and aggregation of
    backscatter, of what reflectances are, and units and derivation of each column that both have.

    Parameters
    ----------
    notes
        Of the table or of the store of patches.
    wanted
        Inputs of a recipe, columns of its quality control among them, or a model's card.
    where
        The table, for messages.

    Raises
    ------
    ConfigError
        If a feature, its options, units or source cannot be used.
    InsituError
        Naming what differs.
    """
    compute_requests(wanted)
    if "inputs" not in notes:
        return
    try:
        made = InputList.parse(notes["inputs"], f"{where}, notes on its inputs")
    except ConfigError as error:
        raise InsituError(f"{error}; make the table again with 'smmap samples'") from None
    layers = frozenset[str]().union(*(_get_feature(one, wanted).layers for one in wanted.inputs))
    asked = {
        "radiometry": bool(layers & _RADAR),
        "aggregation": bool(layers & _RADAR),
        "reflectance": bool(layers & REFLECTANCES),
    }
    for key, matters in asked.items():
        there, needed = getattr(made, key), getattr(wanted, key)
        if matters and there != needed:
            raise _refuse(where, wanted, f"it was made with {key} '{there}', not '{needed}'")
    stored = {one.column or one.name: one for one in made.inputs}
    for one in wanted.inputs:
        column = one.column or one.name
        if column not in stored:
            continue
        if stored[column].units != one.units:
            units = f"'{stored[column].units}', not in '{one.units}'"
            raise _refuse(where, wanted, f"its column '{column}' is in {units}")
        there, needed = _describe(stored[column], wanted), _describe(one, wanted)
        if there != needed:
            reason = f"its column '{column}' was derived as {there}, not as {needed}"
            raise _refuse(where, wanted, reason)


def _get_feature(one: ModelInput, wanted: FeatureSet) -> Feature:
    return get_feature(one, f"'{wanted.name}'")


def _refuse(where: str, wanted: FeatureSet, reason: str) -> InsituError:
    return InsituError(
        f"{where}: is no table for '{wanted.name}': {reason}; make one with 'smmap samples --for "
        f"{wanted.name}', or take a recipe or model that says the same as the table"
    )


def _describe(one: ModelInput, wanted: FeatureSet) -> str:
    """All that decides its values before scaling, defaults spelled out."""
    feature = _get_feature(one, wanted)
    found = find_requests(one, sorted(feature.layers), f"'{wanted.name}'")
    sources = ", ".join(f"{found[key].source} {found[key].join}" for key in sorted(found))
    return f"{feature!r}" + (f" of {sources}" if sources else "")
