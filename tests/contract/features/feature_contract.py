"""What every feature must do; inherit and fill in the class attributes."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from smmap.features.feature import Feature
from smmap.features.registry import FEATURES
from smmap.spec.errors import ConfigError

SHAPE = (23, 31)


class FeatureContract:
    """Inherit as ``class TestMine(FeatureContract)`` with ``name`` and, if any, ``options``."""

    name: ClassVar[str]
    """As registered."""
    options: ClassVar[dict[str, Any]] = {}
    """Options that fit."""
    bounds: ClassVar[tuple[float, float]] = (0.05, 0.5)
    """Within which random layers are drawn; for angles degrees."""

    @pytest.fixture
    def feature(self) -> Feature:
        return FEATURES[self.name].parse(self.options, "contract")

    @pytest.fixture
    def layers(self, feature):
        rng = np.random.default_rng(11)
        return {
            name: rng.uniform(*self.bounds, size=SHAPE).astype(np.float32)
            for name in sorted(feature.layers)
        }

    def test_says_its_units_and_layers(self, feature):
        assert isinstance(feature.units, str)
        assert feature.units
        assert feature.layers

    def test_refuses_unknown_options(self):
        with pytest.raises(ConfigError, match="unknown key 'colour'"):
            FEATURES[self.name].parse({**self.options, "colour": "red"}, "contract")

    def test_reads_only_the_layers_it_names(self, feature, layers):
        read = set()

        class Watched(dict):
            def __getitem__(self, key):
                read.add(key)
                return super().__getitem__(key)

        feature.compute(Watched(layers))
        assert read == feature.layers

    def test_shape_and_type(self, feature, layers):
        result = feature.compute(layers)
        assert result.shape == SHAPE
        as_it_stands = any(result is layer for layer in layers.values())
        assert as_it_stands or result.dtype == np.float64
        assert np.isfinite(result).any()

    def test_nodata_in_any_layer_is_nodata(self, feature, layers):
        for name in layers:
            holed = {**layers, name: layers[name].copy()}
            holed[name][3, 4] = np.nan
            before, after = feature.compute(layers).copy(), feature.compute(holed)
            assert np.isnan(after[3, 4])
            before[3, 4] = np.nan
            np.testing.assert_array_equal(after, before)

    def test_leaves_its_input_alone(self, feature, layers):
        copies = {name: values.copy() for name, values in layers.items()}
        for values in layers.values():
            values.flags.writeable = False
        feature.compute(layers)
        for name, values in layers.items():
            np.testing.assert_array_equal(values, copies[name])

    def test_every_cut_gives_the_same_bits(self, feature, layers):
        whole = feature.compute(layers)
        for size in (1, 5, 8, 13):
            for row in range(0, SHAPE[0], size):
                for col in range(0, SHAPE[1], size):
                    cut = slice(row, row + size), slice(col, col + size)
                    part = feature.compute({name: one[cut] for name, one in layers.items()})
                    np.testing.assert_array_equal(part, whole[cut])
