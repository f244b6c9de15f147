"""The STAC item of a model, in the terms of the MLM extension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pystac

from smmap.product.checksum import encode_multihash
from smmap.product.extensions import EXTENSIONS
from smmap.product.names import compute_model_id
from smmap.spec.card import (
    CyclicScaling,
    LogScaling,
    MinMaxScaling,
    ModelCard,
    ModelInput,
    NoScaling,
    Scaling,
    StandardScaling,
)
from smmap.spec.windows import CELL

_ONNX = "application/octet-stream"
_FRAMEWORKS = {"onnx": "ONNX", "pytorch": "PyTorch", "scikit-learn": "scikit-learn"}
"""As MLM spells them; others are taken as the card has them."""


def compute_model_item(card: ModelCard, package_href: str, created: datetime) -> pystac.Item:
    """The model's own item; it has no place on Earth, so its geometry is null.

    Parameters
    ----------
    card
        The package's card.
    package_href
        Where the package's files are: a folder or address without a slash at its end.
    created
        When the item was made, UTC.
    """
    item = pystac.Item(
        id=compute_model_id(card),
        geometry=None,
        bbox=None,
        datetime=created,
        properties=_compute_properties(card),
        stac_extensions=sorted([EXTENSIONS["mlm"], EXTENSIONS["file"]]),
        collection="models",
    )
    checksums = {"golden": card.golden, "domain": card.domain}
    for number, member in enumerate(card.members):
        name = "model" if len(card.members) == 1 else f"model-{number}"
        fields = {
            "title": f"ONNX graph, weight {member.weight:g}",
            "mlm:artifact_type": "onnx.save",
            "file:checksum": encode_multihash(member.sha256),
            "smmap:weight": member.weight,
            # The core schema takes bands in the properties only if an asset has them too.
            "bands": [{"name": one.name} for one in card.inputs],
        }
        href = f"{package_href}/{member.file}"
        item.add_asset(
            name, pystac.Asset(href, media_type=_ONNX, roles=["mlm:model"], extra_fields=fields)
        )
    for name, part in checksums.items():
        if part is not None:
            extra = {"file:checksum": encode_multihash(part.sha256)}
            href = f"{package_href}/{part.file}"
            item.add_asset(
                name, pystac.Asset(href, media_type=_ONNX, roles=["metadata"], extra_fields=extra)
            )
    for rel, target in (("root", "../../catalog.json"), ("collection", "../collection.json")):
        item.add_link(pystac.Link(rel, target, pystac.MediaType.JSON))
    item.add_link(pystac.Link("parent", "../collection.json", pystac.MediaType.JSON))
    for doi in card.citations:
        item.add_link(pystac.Link("cite-as", f"https://doi.org/{doi.removeprefix('doi:')}"))
    return item


def _compute_properties(card: ModelCard) -> dict[str, Any]:
    columns = list(card.output.columns)
    return {
        "title": card.title,
        "description": card.description,
        "license": card.licence,
        "version": card.version,
        "bands": [_compute_band(one) for one in card.inputs],
        "mlm:name": card.name,
        "mlm:architecture": card.architecture,
        "mlm:framework": _FRAMEWORKS.get(card.framework.lower(), card.framework),
        "mlm:tasks": ["regression"],
        "mlm:input": _compute_inputs(card),
        "mlm:output": [
            {
                "name": "soil-moisture",
                "description": f"Columns {', '.join(columns)}; {card.output.units}, "
                f"soil {card.output.depth[0]:g}-{card.output.depth[1]:g} m",
                "tasks": ["regression"],
                "result": {
                    "shape": [-1, len(columns)],
                    "dim_order": ["batch", "channel"],
                    "data_type": "float32",
                },
            }
        ],
        "smmap:radiometry": card.radiometry,
        "smmap:aggregation": card.aggregation,
        "smmap:missing": card.missing,
        "smmap:valid_range": list(card.output.valid_range),
        "smmap:metrics": card.metrics,
        "smmap:training": card.training,
        "smmap:expectations": card.expectations,
        **({"smmap:history": card.history.model_dump()} if card.history else {}),
        **({"smmap:quality": _list_limits(card)} if card.quality else {}),
    }


def _list_limits(card: ModelCard) -> list[dict[str, Any]]:
    kept = {"column", "least", "most"}
    return [one.model_dump(include=kept, exclude_none=True) for one in card.quality]


def _compute_inputs(card: ModelCard) -> list[dict[str, Any]]:
    """One of rows; of a model with windows one a branch, and one of numbers a cell."""
    windows, names = card.windows, [one.name for one in card.inputs]
    if windows is None:
        axes = {"batch": -1, "bands": card.columns}
        return [_compute_input("pixels", _describe_rows(card), card.inputs, axes)]
    found = []
    for branch in windows.branches:
        text = f"Pixels of {branch.pixel_m:g} m around the cell, before scaling; gaps are filled"
        inputs = [one for name in branch.inputs for one in card.inputs if one.name == name]
        sides = {"height": branch.window, "width": branch.window}
        axes = {"batch": -1, "bands": len(inputs)} | sides
        found.append(_compute_input(branch.name, text, inputs, axes))
    chosen = windows.list_cell_inputs(names)
    numbers = [one for one in card.inputs if one.name in chosen]
    axes = {"batch": -1, "bands": len(numbers), "height": 1, "width": 1}
    return [*found, _compute_input(CELL, "One number a cell, before scaling", numbers, axes)]


def _compute_input(
    name: str, description: str, inputs: Sequence[ModelInput], axes: Mapping[str, int]
) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "bands": [one.name for one in inputs],
        "input": {
            "shape": list(axes.values()),
            "dim_order": list(axes),
            "data_type": "float32",
        },
        "value_scaling": [_compute_scaling(one.scaling) for one in inputs],
    }


def _describe_rows(card: ModelCard) -> str:
    if card.history is None:
        return "One row a pixel, one column an input, before scaling"
    return (
        f"One row a pixel; {card.history.overpasses} steps, the overpass itself last, each of one "
        "column an input, before scaling, and one of the days before the overpass"
    )


def _compute_band(column: ModelInput) -> dict[str, Any]:
    band: dict[str, Any] = {
        "name": column.name,
        "description": f"Feature {column.feature}",
        "unit": column.units,
        "smmap:options": column.options,
    }
    if column.training_range is not None:
        low, high = column.training_range
        band["statistics"] = {"minimum": low, "maximum": high}
    return band


def _compute_scaling(scaling: Scaling) -> dict[str, Any]:
    """MLM's own words where it has them, else an expression in Python's."""
    match scaling:
        case NoScaling():
            return {"type": "scale", "value": 1.0}
        case MinMaxScaling(low=low, high=high, to=(0.0, 1.0)):
            return {"type": "min-max", "minimum": low, "maximum": high}
        case MinMaxScaling(low=low, high=high, to=(first, last)):
            text = f"(x - {low}) / ({high} - {low}) * ({last} - {first}) + {first}"
        case StandardScaling(mean=mean, std=std):
            return {"type": "z-score", "mean": mean, "stddev": std}
        case LogScaling() as log:
            text = f"(log({log.factor} * x + 1) - {log.mean}) / {log.std}"
            text = f"1 / (1 + exp({log.shift} - {log.gain} * {text}))" if log.sigmoid else text
        case CyclicScaling(period=period, part=part):
            text = f"{part}(2 * pi * x / {period})"
    return {"type": "processing", "format": "python", "expression": text}
