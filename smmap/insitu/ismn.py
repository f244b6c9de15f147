"""Archives of the International Soil Moisture Network, as folder or zip.

A reader of our own, and not the ``ismn`` package: that writes a metadata folder into the archive,
cannot say which readings it dropped and why, and brings a dozen libraries.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from smmap.insitu.account import Account
from smmap.insitu.place import Place
from smmap.insitu.rules import ReadingRules
from smmap.insitu.static_variables import add_static_variables
from smmap.insitu.stm import find_variable, parse_probe, parse_stm
from smmap.spec.errors import InsituError

_STATIC = "_static_variables.csv"
_MOISTURE = "sm"
Outcome = tuple[pd.DataFrame | None, Account]
"""Readings of a file, not sifted yet, and what else there is to say of it."""


def read_ismn(place: Place, rules: ReadingRules) -> Iterator[Outcome]:
    """Each soil-moisture file of an archive; deeper probes are not read at all."""
    statics = [name for name in place.names if name.endswith(_STATIC)]
    for name in place.names:
        if not name.endswith(".stm"):
            continue
        try:
            variable = find_variable(name)
            if variable == _MOISTURE:
                static = next((one for one in statics if _is_of(one, name)), None)
                yield _read_file(place, name, static, rules)
            else:
                yield None, Account(set_aside={f"variable '{variable}'": 1})
        except InsituError as error:
            yield None, Account(left_out={name: str(error)})


def _is_of(static: str, name: str) -> bool:
    """Whether static variables are of a file's station: NETWORK_NETWORK_STATION_ begins both."""
    return name.startswith(static.removesuffix("static_variables.csv"))


def _read_file(place: Place, name: str, static: str | None, rules: ReadingRules) -> Outcome:
    text = place.load_text(name)
    sensor = parse_probe(text.lstrip().split("\n", 1)[0], name)
    if rules.is_too_deep(sensor.depth_to_m):
        return None, Account(set_aside={f"deeper than {rules.deepest_m} m": 1})
    if static is not None:
        sensor = add_static_variables(sensor, place.load_text(static))
    return parse_stm(text, name, sensor), Account()
