"""Whether an operator is written as its version of ai.onnx.ml says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DOMAIN = "ai.onnx.ml"
LATEST = 5
"""Version of the domain that is read here; later ones may mean something else."""


def find_misfit(operator: str, version: int, attributes: Sequence[Any]) -> str | None:
    """What is wrong with an operator's attributes; None: nothing.

    A misspelled or repeated attribute would else count as one that is not there.

    Parameters
    ----------
    operator
        Name in ``DOMAIN``.
    version
        Of the domain, as the model imports it; 0: it does not.
    attributes
        ``AttributeProto`` each; their values may be left out.
    """
    from onnx import defs

    if not 1 <= version <= LATEST:
        return f"is of version {version} of {DOMAIN}, not of 1 to {LATEST}"
    try:
        known: Mapping[str, Any] = defs.get_schema(operator, version, DOMAIN).attributes
    except defs.SchemaError:
        return f"is not in version {version} of {DOMAIN}"
    names = [one.name for one in attributes]
    for one in attributes:
        if one.name not in known or names.count(one.name) > 1:
            return f"has an attribute '{one.name}' that is not known, or twice"
        if one.type != int(known[one.name].type):
            return f"has an attribute '{one.name}' of another kind than the operator takes"
    return None
