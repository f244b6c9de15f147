import typing

import pytest

from smmap.features.quantity import QuantityBand
from smmap.features.registry import get_feature
from smmap.spec.card import ModelInput
from smmap.spec.errors import ConfigError
from smmap.spec.quantity import QUANTITIES


def make_input(band, units):
    content = {"name": "x", "feature": "quantity", "options": {"band": band}, "units": units}
    return ModelInput.parse(content, "card")


def test_every_quantity_can_be_an_input_in_its_own_units():
    assert typing.get_args(QuantityBand) == tuple(QUANTITIES)
    for band, units in QUANTITIES.items():
        assert get_feature(make_input(band, units), "card").units == units


def test_other_units_are_refused():
    with pytest.raises(ConfigError, match="'quantity' is in 'degC', not in 'K'"):
        get_feature(make_input("air_temperature", "K"), "card")
