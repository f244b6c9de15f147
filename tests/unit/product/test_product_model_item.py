"""The model's item after MLM."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from smmap.product.model_item import compute_model_item
from smmap.product.names import compute_model_id
from smmap.spec.card import (
    CyclicScaling,
    Domain,
    LogScaling,
    MinMaxScaling,
    ModelInput,
    StandardScaling,
)

CREATED = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def item(card):
    return compute_model_item(card, "../../packages/physics", CREATED)


def test_core_schema(item, validate_core):
    validate_core(item)


@pytest.mark.realdata
def test_all_schemas(item, validate_all):
    validate_all(item)


@pytest.mark.realdata
def test_every_scaling_validates(card, validate_all):
    scalings = [
        LogScaling(method="log", factor=0.005, mean=1.7, std=2.0, sigmoid=True, gain=5, shift=1),
        LogScaling(method="log", factor=0.005),
        CyclicScaling(method="cyclic", period=360, part="sin"),
        StandardScaling(method="standard", mean=1, std=2),
        MinMaxScaling(method="min-max", low=0, high=2),
    ]
    inputs = tuple(
        ModelInput(name=f"x{number}", feature="x", units="1", scaling=one)
        for number, one in enumerate(scalings)
    )
    domain = Domain(file="domain.npz", sha256="3" * 64, inputs=("x0",))
    card = card.model_copy(update={"inputs": inputs, "domain": domain, "members": card.members[:1]})
    item = compute_model_item(card, "https://example.com/models", CREATED)
    assert set(item.assets) == {"model", "golden", "domain"}
    validate_all(item)


def test_says_what_it_is(item, card):
    assert item.id == compute_model_id(card)
    assert item.properties["mlm:name"] == "physics"
    assert item.properties["mlm:tasks"] == ["regression"]
    assert item.properties["mlm:framework"] == "ONNX"
    assert item.properties["mlm:input"][0]["bands"] == ["vv", "ndvi"]
    assert item.properties["mlm:output"][0]["result"]["shape"] == [-1, 2]
    member = item.assets["model-1"]
    assert member.href == "../../packages/physics/b.onnx"
    assert member.extra_fields["file:checksum"] == "1220" + "1" * 64
    assert member.extra_fields["mlm:artifact_type"]


@pytest.mark.parametrize(
    "scaling, x, expected",
    [
        (MinMaxScaling(method="min-max", low=-30, high=5, to=(-1, 1)), -12.5, 0.0),
        (CyclicScaling(method="cyclic", period=360, part="cos"), 180.0, -1.0),
        # B2 of Brown et al. 2022: ln(0.005 DN + 1), standardised, then sigmoid(5 z - 1).
        (
            LogScaling(
                method="log", factor=0.005, mean=1.7417, std=2.0233, sigmoid=True, gain=5, shift=1
            ),
            1000.0,
            0.29395,
        ),
    ],
)
def test_expressions_compute_what_the_card_says(card, scaling, x, expected):
    import math

    column = ModelInput(name="x", feature="x", units="1", scaling=scaling)
    item = compute_model_item(card.model_copy(update={"inputs": (column,)}), "a", CREATED)
    rule = item.properties["mlm:input"][0]["value_scaling"][0]
    value = eval(rule["expression"], {**vars(math), "x": x})
    assert value == pytest.approx(expected, abs=1e-4)
