"""All merge rules by name."""

from __future__ import annotations

from smmap.product.merge_least_uncertain import merge_least_uncertain
from smmap.product.merge_mean import merge_mean
from smmap.product.merge_nearest import merge_nearest
from smmap.product.merge_rule import MergeRule
from smmap.spec.errors import ConfigError

MERGE_RULES: dict[str, MergeRule] = {
    "nearest": merge_nearest,
    "mean": merge_mean,
    "least-uncertain": merge_least_uncertain,
}


def get_merge_rule(name: str) -> MergeRule:
    """The rule of that name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in MERGE_RULES:
        rules = ", ".join(MERGE_RULES)
        raise ConfigError(f"no merge rule is called '{name}'; choose one of {rules}")
    return MERGE_RULES[name]
