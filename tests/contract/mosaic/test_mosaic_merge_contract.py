"""Every registered merge rule keeps the contract."""

from __future__ import annotations

import pytest
from merge_contract import MergeContract

from smmap.product.merge_least_uncertain import merge_least_uncertain
from smmap.product.merge_mean import merge_mean
from smmap.product.merge_nearest import merge_nearest
from smmap.product.merge_registry import MERGE_RULES, get_merge_rule
from smmap.spec.errors import ConfigError


class TestNearest(MergeContract):
    rule = staticmethod(merge_nearest)


class TestMean(MergeContract):
    rule = staticmethod(merge_mean)


class TestLeastUncertain(MergeContract):
    rule = staticmethod(merge_least_uncertain)


def test_every_rule_is_tested_here():
    tested = {one.__dict__["rule"].__func__ for one in MergeContract.__subclasses__()}
    assert tested == set(MERGE_RULES.values())


def test_unknown_rule_names_those_there_are():
    with pytest.raises(ConfigError, match="nearest, mean, least-uncertain"):
        get_merge_rule("median")
